"""Lemmas on the leaky bucket and on the windows of a penalty."""

from lemma import And, Lemmas, floor_div, naturals

lemmas = Lemmas("buckets")
# The exact level is level - (now - since) / leak; scaled by leak to stay whole: charge = level * leak - (now - since).
(level, since, now, leak, capacity, amount), natural = naturals("level since now leak capacity amount")
units, leaks = floor_div("units", now - since, leak)
clock = natural + leaks + [leak > 0, now >= since]
lemmas.prove(
    "leaking whole units loses and gains no part of one",
    clock + [units < level],
    (level - units) * leak - (now - (since + units * leak)) == level * leak - (now - since),
)
lemmas.prove(
    "a bucket only leaks, and its clock runs forward, not beyond now",
    clock + [units < level],
    And(level - units <= level, since + units * leak >= since, since + units * leak <= now),
)
lemmas.prove("an empty bucket is not below empty", clock + [units >= level], level * leak <= now - since)
lemmas.prove(
    "the exact level never exceeds the capacity after a charge (7, 14)",
    clock + [units < level, level - units + amount <= capacity],
    (level - units + amount) * leak - (now - (since + units * leak)) <= capacity * leak,
)

# Times of a penalty, in seconds: asked at `asked` for a fault at `fault`, executed at `taken`.
(fault, asked, taken, left), times = naturals("fault asked taken left")
DAY = 86_400
UNBONDING, DETECTION, VETO, EXECUTION = 28 * DAY, 14 * DAY, 4 * DAY, 3 * DAY
lemmas.prove(
    "whoever was active at the fault has not left when it is penalised (22)",
    times
    + [asked >= fault, asked <= fault + DETECTION, taken >= asked + VETO, taken < asked + VETO + EXECUTION]
    + [left >= fault + UNBONDING],
    taken < left,
)
lemmas.finish()
