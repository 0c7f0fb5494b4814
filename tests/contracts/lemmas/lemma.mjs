// Lemmas about integers, proven by z3. A lemma is proven when its assumptions have a model and its negation has none.
//
// Contract arithmetic is stated over unbounded integers: that nothing overflows is a lemma of its own, and is checked on
// the bytes by the symbolic tests. Every variable is a natural number, as every amount in the contract is.
import { init } from 'z3-solver'
import { parse } from './expression.mjs'

const TIMEOUT_MS = 120_000

/** A claim with what it assumes; proven by `prove`. */
export function lemma(name, given, claim) {
  return { name, given: given.flat(Infinity), claim }
}

/** `name` is the quotient of two expressions, rounded down: what a division in the contract gives. */
export function floor(name, numerator, denominator) {
  return [`${name} * (${denominator}) <= ${numerator}`, `${numerator} < (${name} + 1) * (${denominator})`]
}

/** `name` is the quotient of two expressions, rounded up. */
export function ceil(name, numerator, denominator) {
  return [`${name} * (${denominator}) >= ${numerator}`, `${numerator} > (${name} - 1) * (${denominator})`]
}

/** Proves every lemma and calls `report` with each one's name and what is wrong with it, if anything. */
export async function prove(lemmas, report) {
  const { Context } = await init()
  for (const { name, given, claim } of lemmas) {
    const assumptions = given.map(parse)
    const claimed = parse(claim)
    const names = new Set([...assumptions, claimed].flatMap((expression) => [...expression.names]))
    const naturals = [...names].map((variable) => `(declare-const ${variable} Int) (assert (>= ${variable} 0))`)
    const script = [...naturals, ...assumptions.map(({ smt }) => `(assert ${smt})`)].join('\n')
    const check = (text) => solve(Context(name), text)
    const refuted = await check(`${script}\n(assert (not ${claimed.smt}))`)
    const possible = refuted.outcome === 'unsat' ? await check(script) : undefined
    report(name, fault(refuted, possible))
  }
}

async function solve(context, script) {
  const solver = new context.Solver()
  solver.set('timeout', TIMEOUT_MS)
  solver.fromString(script)
  const outcome = await solver.check()
  return { outcome, model: outcome === 'sat' ? solver.model().sexpr() : '' }
}

function fault(refuted, possible) {
  if (refuted.outcome === 'sat') return `counterexample ${refuted.model.replace(/\s+/g, ' ')}`
  if (refuted.outcome !== 'unsat') return `z3 found no answer in ${TIMEOUT_MS / 1_000} s`
  // From a contradiction everything follows.
  if (possible.outcome === 'unsat') return 'the assumptions contradict each other'
  return undefined
}
