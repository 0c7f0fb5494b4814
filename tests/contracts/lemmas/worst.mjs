// The most that penalties can take from a holder who unbonds at the first hostile request, whatever the slasher does: z3 searches
// all schedules of requests and executions, to the second. HostileRoles.t.sol plays the worst against the contract.
//
// The search is for the most basis points in sum. That it is the most loss too follows from two lemmas: with one sum, uneven
// penalties take more than even ones, and the most uneven are the largest allowed and the rest.
import { init } from 'z3-solver'
import { lemma } from './lemma.mjs'

const DAY = 86_400
const UNBONDING = 28 * DAY
const VETO = 4 * DAY
const EXECUTION = 3 * DAY
const LEAK = 2_400
const MOST = 1_000
const CAPACITY = 2_000
/** Each takes four days at least. */
const PENALTIES = UNBONDING / VETO
const WORST = [MOST, MOST, 720]
const TOTAL = WORST.reduce((sum, bps) => sum + bps)

const uneven = [`a >= 1 and b >= 1 and a <= ${MOST} and b <= ${MOST}`]

export const concentration = [
  lemma('one penalty takes more than two of the same sum', [uneven], '(10_000 - a) * (10_000 - b) >= 10_000 * (10_000 - a - b)'),
  lemma(
    'of two with one sum the most uneven take most',
    [uneven, `a + b >= ${MOST}`],
    `(10_000 - a) * (10_000 - b) >= (10_000 - ${MOST}) * (10_000 - (a + b - ${MOST}))`,
  ),
]

/** Searches, tells `report` of each claim, as `prove` does, and returns the worst schedule in words. */
export async function searchWorst(report) {
  const { Context } = await init()
  const search = async (name, script, expected) => {
    const solver = new (Context(name).Solver)()
    solver.set('timeout', 120_000)
    solver.fromString(script)
    const outcome = await solver.check()
    report(name, outcome === expected ? undefined : `z3 says ${outcome}`)
    return outcome === 'sat' ? solver.model().sexpr() : ''
  }
  for (let count = 1; count <= PENALTIES; count += 1) {
    const name = `${count} penalties take at most ${TOTAL} basis points in sum while a holder leaves`
    await search(name, `${schedule(count)}\n(assert (> taken ${TOTAL}))`, 'unsat')
  }
  await search(`no more than ${PENALTIES} penalties fit`, schedule(PENALTIES + 1), 'unsat')
  const exactly = WORST.map((bps, i) => `(assert (= b${i + 1} ${bps}))`).join('\n')
  const model = await search('the worst schedule is one that the rules allow', `${schedule(WORST.length)}\n${exactly}`, 'sat')
  return inWords(model)
}

/** SMT-LIB of so many penalties: asked for at r, taken at t, b basis points; the bucket has l and leaks from s on. */
function schedule(count) {
  const lines = ['(define-fun l0 () Int 0) (define-fun s0 () Int 0) (define-fun t0 () Int 0)']
  for (let i = 1; i <= count; i += 1) {
    const before = i - 1
    const units = (time) => `(div (- ${time} s${before}) ${LEAK})`
    const left = (time) => `(ite (>= ${units(time)} l${before}) 0 (- l${before} ${units(time)}))`
    const since = `(ite (>= ${units(`t${i}`)} l${before}) t${i} (+ s${before} (* ${LEAK} ${units(`t${i}`)})))`
    lines.push(
      `(declare-const r${i} Int) (declare-const t${i} Int) (declare-const b${i} Int)`,
      `(assert (and (<= t${before} r${i}) (<= (+ r${i} ${VETO}) t${i}) (< t${i} (+ r${i} ${VETO + EXECUTION})) (<= t${i} ${UNBONDING})))`,
      `(assert (and (<= 1 b${i} ${MOST}) (<= (+ ${left(`r${i}`)} b${i}) ${CAPACITY})))`,
      `(define-fun l${i} () Int (+ ${left(`t${i}`)} b${i})) (define-fun s${i} () Int ${since})`,
    )
  }
  const all = Array.from({ length: count }, (_, i) => `b${i + 1}`).join(' ')
  return [...lines, `(define-fun taken () Int (+ 0 ${all}))`].join('\n')
}

function inWords(model) {
  const day = (name) => (Number(new RegExp(`define-fun ${name} \\(\\) Int\\s+(\\d+)`).exec(model)?.[1]) / DAY).toFixed(2)
  const steps = WORST.map((bps, i) => `${bps} basis points asked for on day ${day(`r${i + 1}`)} and taken on day ${day(`t${i + 1}`)}`)
  const left = WORST.reduce((part, bps) => part * (1 - bps / 10_000), 1)
  return `worst schedule: ${steps.join('; ')}: ${((1 - left) * 100).toFixed(3)} %`
}
