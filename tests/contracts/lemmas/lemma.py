"""Proves lemmas about integers with z3 and reports them, one line each.

A lemma is proven when its negation has no model. Contract arithmetic is stated over unbounded integers: that nothing
overflows is a lemma of its own, and is checked on the bytes by the symbolic tests.
"""

import sys

from z3 import And, Int, Not, Solver, sat, unsat

TIMEOUT_MS = 120_000
WAD = 10**18

__all__ = ["WAD", "And", "Lemmas", "ceil_div", "floor_div", "naturals"]


class Lemmas:
    """Collects results; `finish` ends the process with 1 unless all were proven."""

    def __init__(self, title):
        self.title = title
        self.failed = 0
        self.count = 0

    def prove(self, name, assumptions, claim):
        """Proves `claim` from `assumptions`, which must have a model: from a contradiction everything follows."""
        self.count += 1
        solver = Solver()
        solver.set("timeout", TIMEOUT_MS)
        solver.add(*assumptions)
        solver.push()
        solver.add(Not(claim))
        result = solver.check()
        outcome = "proven" if result == unsat else "FAILED"
        detail = ""
        if result == sat:
            detail = f" counterexample {solver.model()}"
        elif result != unsat:
            detail = f" {solver.reason_unknown()}"
        else:
            solver.pop()
            if solver.check() == unsat:
                outcome, detail = "FAILED", " the assumptions contradict each other"
        if outcome == "FAILED":
            self.failed += 1
        print(f"lemma {self.title}: {name}: {outcome}{detail}")

    def finish(self):
        sys.exit(1 if self.failed else 0)


def naturals(names):
    """Integers of the given names with the assumption that none is negative."""
    variables = [Int(name) for name in names.split()]
    return variables, [variable >= 0 for variable in variables]


def floor_div(name, numerator, denominator):
    """The quotient rounded down, as a fresh integer and what defines it; nonlinear division made polynomial."""
    quotient = Int(name)
    return quotient, [quotient * denominator <= numerator, numerator < (quotient + 1) * denominator]


def ceil_div(name, numerator, denominator):
    """The quotient rounded up, as a fresh integer and what defines it."""
    quotient = Int(name)
    return quotient, [quotient * denominator >= numerator, numerator > (quotient - 1) * denominator]
