"""Which workstreams may not run side by side, read off the plan in the plainest way.

Written a second time on purpose: a rule that is broken in the kernel must not be broken here.
"""


def overlapping(plan):
    """Whether two patterns can name the same file, as a function."""
    pairs = {frozenset(pair) for pair in plan.overlaps}
    return lambda a, b: a == b or frozenset((a, b)) in pairs


def clashing(plan):
    """The pairs of ids whose scopes or groups exclude each other."""
    overlap = overlapping(plan)

    def clash(a, b):
        if a.conflict_group and a.conflict_group == b.conflict_group:
            return True
        touched = [(w, c) for w in a.writes for c in (*b.writes, *b.reads)]
        touched += [(r, c) for r in a.reads for c in b.writes]
        return any(overlap(one, other) for one, other in touched)

    specs = plan.workstreams
    return {frozenset((a.id, b.id)) for a in specs for b in specs if a.id < b.id and clash(a, b)}


def overdrawn(spec, beside, limits):
    """The pools of which ``spec`` and those ``beside`` it want more than ``limits`` allow.

    Only those that ``spec`` itself wants: a pool that was made smaller may be overdrawn already.
    """
    together = [spec, *beside]
    wanted = {pool: sum(s.resources.get(pool, 0) for s in together) for pool in spec.resources}
    return sorted(pool for pool, units in wanted.items() if units > limits.resources.get(pool, 0))
