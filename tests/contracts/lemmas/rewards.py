"""Lemmas on the reward stream: U unvested juels, r seconds left of which e have passed, n active shares, acc juels * 10^18
for each share."""

from lemma import WAD, And, Lemmas, ceil_div, floor_div, naturals

lemmas = Lemmas("rewards")
(U, r, e, n, acc, room), natural = naturals("U r e n acc room")
(h, j, claims, net, left, t), more = naturals("h j claims net left t")
VEST = 7 * 24 * 3600
END = 2 * 10**27

vested, vests = floor_div("vested", U * e, r)
lemmas.prove("no more vests than there is (28)", natural + vests + [r > 0, e < r], vested <= U)

rise, rises = floor_div("rise", vested * WAD, n)
out, outs = ceil_div("out", rise * n, WAD)
accrual = natural + [0 <= vested, vested <= U, n > 0] + rises + outs
lemmas.prove("what leaves unvested is at most what vested", accrual, out <= vested)
lemmas.prove("an accrual strands less than a juel (1)", accrual, (out - 1) * WAD < rise * n)

smaller, smallers = ceil_div("smaller", room * n, WAD)
lemmas.prove(
    "an accumulator stopped at its end takes no more either (28)",
    accrual + smallers + [room <= rise],
    And(smaller <= vested, smaller * WAD >= room * n),
)

# Two holders of h and j shares of n: what they are owed of a rise is at most what left unvested.
mine, mines = floor_div("mine", h * rise, WAD)
yours, yourss = floor_div("yours", j * rise, WAD)
lemmas.prove(
    "holders get no more than left unvested (28)",
    accrual + more + mines + yourss + [h + j <= n],
    mine + yours <= out,
)

# A position enters with its debt rounded up, and leaves with the credit rounded down.
debt, debts = ceil_div("debt", h * acc, WAD)
earned, earneds = floor_div("earned", h * acc, WAD)
entered = natural + more + debts + earneds
lemmas.prove("present for no time earns nothing (10)", entered, earned - debt <= 0)
lemmas.prove("entering costs less than a juel", entered, debt - earned <= 1)
later, laters = floor_div("later", h * (acc + rise), WAD)
lemmas.prove(
    "a position earns at most its shares times the rise (10)",
    entered + laters + [rise >= 0],
    (later - debt) * WAD <= h * rise,
)

# The horizon after a reward of `net`, with `left` unvested for `t` more seconds.
horizon, horizons = floor_div("horizon", left * t + net * VEST, left + net)
deposit = natural + more + horizons + [net >= 1, t <= VEST]
lemmas.prove("a reward never shortens the vesting (11)", deposit, horizon >= t)
lemmas.prove("a reward vests within VEST (21)", deposit, horizon <= VEST)
lemmas.prove(
    "a reward moves the horizon by its weight at most (11)", deposit, (horizon - t) * (left + net) <= net * VEST
)

# Sizes: any 96-bit shares times the accumulator at its end, over 10^18, against a signed 128-bit debt with room for
# all LINK there is and for a juel of rounding in each of 2^64 actions.
product, products = ceil_div("product", h * acc, WAD)
sized = natural + more + products + [h < 2**96, acc <= END]
lemmas.prove("a debt fits 128 bits with its sign (26)", sized, product + 10**27 + 2**64 < 2**127)
lemmas.prove("the accumulator fits 128 bits", natural + [acc <= END], acc < 2**128)
lemmas.finish()
