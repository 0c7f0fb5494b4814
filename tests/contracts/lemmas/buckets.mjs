// The leaky bucket, and the windows of a penalty.
import { floor, lemma } from './lemma.mjs'

// The exact level is level - (now - since) / leak; scaled by leak to stay whole: level * leak - (now - since).
const clock = [floor('units', 'now - since', 'leak'), 'leak > 0 and now >= since']
const leaking = [clock, 'units < level']

const DAY = 86_400
const DETECTION = 14 * DAY
const VETO = 4 * DAY
const EXECUTION = 3 * DAY
const UNBONDING = 28 * DAY
// Asked for at `asked` for a fault at `fault`, executed at `taken`; somebody active at the fault has left at `left`.
const penalty = [
  `fault <= asked <= fault + ${DETECTION}`,
  `asked + ${VETO} <= taken < asked + ${VETO + EXECUTION}`,
  `left >= fault + ${UNBONDING}`,
]

// The node retired at `retired`; the contract refuses faults after it.
const gone = [penalty.slice(0, 2), 'fault <= retired']

export const buckets = [
  lemma(
    'leaking whole units loses and gains no part of one',
    leaking,
    '(level - units) * leak - (now - (since + units * leak)) == level * leak - (now - since)',
  ),
  lemma(
    'a bucket only leaks, and its clock runs forward, not beyond now',
    leaking,
    'level - units <= level and since <= since + units * leak <= now',
  ),
  lemma('an empty bucket is not below empty', [clock, 'units >= level'], 'level * leak <= now - since'),
  lemma(
    'the exact level never exceeds the capacity after a charge (7, 14)',
    [leaking, 'level - units + amount <= capacity'],
    '(level - units + amount) * leak - (now - (since + units * leak)) <= capacity * leak',
  ),
  lemma('whoever was active at the fault has not left when it is penalised (22)', penalty, 'taken < left'),
  lemma('21 days after its retirement nothing can be taken from a node', gone, `taken < retired + ${21 * DAY}`),
]
