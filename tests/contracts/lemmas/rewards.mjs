// The reward stream: `unvested` juels with `remaining` seconds to go, of which `elapsed` have passed; n active shares;
// `acc` juels * 10^18 for each share.
import { ceil, floor, lemma } from './lemma.mjs'

const WAD = '10**18'
const VEST = '604_800'
// Where the accumulator stops.
const END = '2 * 10**27'

const vested = floor('vested', 'unvested * elapsed', 'remaining')
const rise = floor('rise', `vested * ${WAD}`, 'n')
const out = ceil('out', 'rise * n', WAD)
const accrual = ['vested <= unvested and n > 0', rise, out]
// The accumulator has room for less than the rise: what leaves is made smaller with it.
const stopped = [accrual, ceil('smaller', 'room * n', WAD), 'room <= rise']
// Two holders of h and j shares of n.
const holders = [accrual, floor('mine', 'h * rise', WAD), floor('yours', 'j * rise', WAD), 'h + j <= n']
// A position enters with its debt rounded up, and leaves with the credit rounded down.
const entered = [ceil('debt', 'h * acc', WAD), floor('earned', 'h * acc', WAD)]
const later = floor('later', 'h * (acc + rise)', WAD)
// The horizon after a reward of `net`, with `left` unvested for t more seconds.
const deposit = [floor('horizon', `left * t + net * ${VEST}`, 'left + net'), `net >= 1 and t <= ${VEST}`]
const sized = [ceil('product', 'h * acc', WAD), `h < 2**96 and acc <= ${END}`]

export const rewards = [
  lemma('no more vests than there is (28)', [vested, 'remaining > 0 and elapsed < remaining'], 'vested <= unvested'),
  lemma('what leaves unvested is at most what vested', accrual, 'out <= vested'),
  lemma('an accrual strands less than a juel (1)', accrual, `(out - 1) * ${WAD} < rise * n`),
  lemma('an accumulator stopped at its end takes no more either (28)', stopped, `smaller <= vested and smaller * ${WAD} >= room * n`),
  lemma('holders get no more than left unvested (28)', holders, 'mine + yours <= out'),

  lemma('present for no time earns nothing (10)', entered, 'earned - debt <= 0'),
  lemma('entering costs less than a juel', entered, 'debt - earned <= 1'),
  lemma('a position earns at most its shares times the rise (10)', [entered, later], `(later - debt) * ${WAD} <= h * rise`),

  lemma('a reward never shortens the vesting (11)', deposit, 'horizon >= t'),
  lemma('a reward vests within VEST (21)', deposit, `horizon <= ${VEST}`),
  lemma('a reward moves the horizon by its weight at most (11)', deposit, `(horizon - t) * (left + net) <= net * ${VEST}`),

  // Any 96-bit shares times the accumulator at its end, against a signed 128-bit debt with room for all LINK there is and
  // for a juel of rounding in each of 2^64 actions.
  lemma('a debt fits 128 bits with its sign (26)', sized, 'product + 10**27 + 2**64 < 2**127'),
  lemma('the accumulator fits 128 bits', [`acc <= ${END}`], 'acc < 2**128'),
]
