// Reads what a lemma says, written as people write it, into SMT-LIB: `A * (S + minted) <= (A + a) * S`.
// Integers without bounds, + - *, powers of constants, comparisons that may be chained (`0 < A <= S`), and `and`.

const TOKEN = /\s*(?:(\d[\d_]*)|([A-Za-z]\w*)|(\*\*|<=|>=|==|[-+*<>()]))/y
const COMPARISONS = { '<=': '<=', '>=': '>=', '==': '=', '<': '<', '>': '>' }

/** @returns {{smt: string, names: Set<string>}} the SMT-LIB term and the variables in it */
export function parse(text) {
  const tokens = tokenize(text)
  const names = new Set()
  let at = 0
  const take = (...wanted) => (wanted.includes(tokens[at]) ? tokens[at++] : undefined)
  const fail = () => {
    throw new Error(`cannot read \`${text}\` at ${tokens[at] ?? 'its end'}`)
  }

  function atom() {
    const token = tokens[at++]
    if (token === '(') {
      const inner = sum()
      return take(')') ? inner : fail()
    }
    if (/^\d/.test(token ?? '')) {
      const base = BigInt(token.replaceAll('_', ''))
      return String(take('**') ? base ** BigInt(tokens[at++]) : base)
    }
    if (!/^[A-Za-z]/.test(token ?? '')) fail()
    names.add(token)
    return token
  }
  function chain(operand, ...operators) {
    let left = operand()
    for (let operator = take(...operators); operator; operator = take(...operators)) left = `(${operator} ${left} ${operand()})`
    return left
  }
  const product = () => chain(atom, '*')
  const sum = () => chain(product, '+', '-')
  function comparison() {
    const parts = []
    let left = sum()
    for (let operator = take(...Object.keys(COMPARISONS)); operator; operator = take(...Object.keys(COMPARISONS))) {
      const right = sum()
      parts.push(`(${COMPARISONS[operator]} ${left} ${right})`)
      left = right
    }
    return parts.length > 0 ? parts : fail()
  }

  const claims = comparison()
  while (take('and')) claims.push(...comparison())
  if (at < tokens.length) fail()
  return { smt: claims.length === 1 ? claims[0] : `(and ${claims.join(' ')})`, names }
}

function tokenize(text) {
  const tokens = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text)
    if (!found) throw new Error(`cannot read \`${text}\``)
    tokens.push(found[1] ?? found[2] ?? found[3])
  }
  return tokens
}
