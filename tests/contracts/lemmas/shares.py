"""Lemmas on shares: a node has S shares of A juels, and a position or ticket has h of them."""

from lemma import Lemmas, ceil_div, floor_div, naturals

lemmas = Lemmas("shares")
(a, h, k, x, cap, act, bps), natural = naturals("a h k x cap act bps")
(A, S), large = naturals("A S")
node = natural + large + [0 < A, A <= S]

minted, mints = floor_div("minted", a * S, A)
staked = node + mints + [a >= 1]
lemmas.prove("a juel staked is at least one share (2)", staked, minted >= a)
lemmas.prove("a stake keeps A <= S (2)", staked, A + a <= S + minted)
lemmas.prove("a stake does not lower the price (19)", staked, A * (S + minted) <= (A + a) * S)
lemmas.prove("a stake raises the price by rounding only (19)", staked, (A + a) * S <= A * (S + minted) + A)
lemmas.prove("on a live node a stake mints at most two shares a juel", staked + [S <= 2 * A], minted <= 2 * a)
lemmas.prove("a stake keeps S <= 2A", staked + [S <= 2 * A], S + minted <= 2 * (A + a))

# Worth of the newly minted shares, at the price after the stake.
worth, worths = floor_div("worth", minted * (A + a), S + minted)
lemmas.prove("staking and leaving at once returns at most the amount (5)", staked + worths, worth <= a)

paid, pays = floor_div("paid", h * A, S)
left = node + pays + [1 <= h, h < S]
lemmas.prove("leaving keeps A <= S (2)", left, A - paid <= S - h)
lemmas.prove("leaving keeps A above zero while shares stay (2)", left, A - paid >= 1)
lemmas.prove("leaving does not lower the price (19)", left, A * (S - h) <= (A - paid) * S)
lemmas.prove("leaving raises the price by rounding only (19)", left, (A - paid) * S <= A * (S - h) + S)
lemmas.prove("the last shares take everything (2)", node + pays + [h == S], paid == A)

# Two tickets of h and k shares against one of h + k.
first, firsts = floor_div("first", h * A, S)
second, seconds = floor_div("second", k * (A - first), S - h)
both, boths = floor_div("both", (h + k) * A, S)
split = node + firsts + seconds + boths + [h >= 1, k >= 1, h + k < S]
lemmas.prove("splitting a ticket gains at most a juel of rounding (5)", split, first + second <= both + 1)
lemmas.prove("splitting a ticket loses at most a juel (5)", split, first + second >= both - 1)

taken, takes = floor_div("taken", A * bps, 10_000)
penalty = node + takes + [bps >= 1, bps <= 1_000]
lemmas.prove("a penalty leaves something (2)", penalty, A - taken >= 1)
lemmas.prove("a penalty takes at most its part", penalty, taken * 10_000 <= A * bps)
before, befores = floor_div("before", h * A, S)
after, afters = floor_div("after", h * (A - x), S)
fair = node + befores + afters + [x < A, h <= S]
lemmas.prove("a penalty costs a holder its part, to a juel, upwards (6)", fair, (before - after - 1) * S <= h * x)
lemmas.prove("a penalty costs a holder its part, to a juel, downwards (6)", fair, (before - after + 1) * S >= h * x)

value, values = ceil_div("value", act * A, S)
room = node + mints + values + [a >= 1, act <= S, value + a <= cap]
lemmas.prove(
    "staking no more than the room never exceeds the cap (4, 27)", room, (act + minted) * (A + a) <= cap * (S + minted)
)
lemmas.finish()
