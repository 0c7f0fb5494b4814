// Shares: a node has S shares of A juels, and a position or ticket has h of them.
import { ceil, floor, lemma } from './lemma.mjs'

const node = ['0 < A <= S']
const minted = floor('minted', 'a * S', 'A')
const staked = [node, minted, 'a >= 1']
const live = 'S <= 2 * A'
// What the newly minted shares are worth, at the price after the stake.
const worth = floor('worth', 'minted * (A + a)', 'S + minted')
const paid = floor('paid', 'h * A', 'S')
const left = [node, paid, '1 <= h < S']
// Two tickets of h and k shares against one of h + k.
const split = [
  node,
  floor('first', 'h * A', 'S'),
  floor('second', 'k * (A - first)', 'S - h'),
  floor('both', '(h + k) * A', 'S'),
  'h >= 1 and k >= 1 and h + k < S',
]
const penalty = [node, floor('taken', 'A * bps', '10_000'), '1 <= bps <= 1_000']
const fair = [node, floor('before', 'h * A', 'S'), floor('after', 'h * (A - x)', 'S'), 'x < A and h <= S']
const room = [node, minted, ceil('value', 'active * A', 'S'), 'a >= 1 and active <= S and value + a <= cap']

export const shares = [
  lemma('a juel staked is at least one share (2)', staked, 'minted >= a'),
  lemma('a stake keeps A <= S (2)', staked, 'A + a <= S + minted'),
  lemma('a stake does not lower the price (19)', staked, 'A * (S + minted) <= (A + a) * S'),
  lemma('a stake raises the price by rounding only (19)', staked, '(A + a) * S <= A * (S + minted) + A'),
  lemma('on a live node a stake mints at most two shares a juel', [staked, live], 'minted <= 2 * a'),
  lemma('a stake keeps S <= 2A', [staked, live], 'S + minted <= 2 * (A + a)'),
  lemma('staking and leaving at once returns at most the amount (5)', [staked, worth], 'worth <= a'),

  lemma('leaving keeps A <= S (2)', left, 'A - paid <= S - h'),
  lemma('leaving keeps A above zero while shares stay (2)', left, 'A - paid >= 1'),
  lemma('leaving does not lower the price (19)', left, 'A * (S - h) <= (A - paid) * S'),
  lemma('leaving raises the price by rounding only (19)', left, '(A - paid) * S <= A * (S - h) + S'),
  lemma('the last shares take everything (2)', [node, paid, 'h == S'], 'paid == A'),
  lemma('splitting a ticket gains at most a juel of rounding (5)', split, 'first + second <= both + 1'),
  lemma('splitting a ticket loses at most a juel (5)', split, 'first + second >= both - 1'),

  lemma('a penalty leaves something (2)', penalty, 'A - taken >= 1'),
  lemma('a penalty takes at most its part', penalty, 'taken * 10_000 <= A * bps'),
  lemma('a penalty costs a holder its part, to a juel, upwards (6)', fair, '(before - after - 1) * S <= h * x'),
  lemma('a penalty costs a holder its part, to a juel, downwards (6)', fair, '(before - after + 1) * S >= h * x'),

  lemma('staking no more than the room never exceeds the cap (4, 27)', room, '(active + minted) * (A + a) <= cap * (S + minted)'),
]
