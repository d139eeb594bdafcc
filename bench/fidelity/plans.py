"""Plans drawn by seed: small ones of every sort, about two seconds of work each."""

import random
from typing import NamedTuple

from uet_es.plan import Limits, Plan, WorkstreamSpec

#: Each seed draws from the sort that its number names, so that any eight in a row are all of them.
SORTS = (
    "wide",
    "deep",
    "resources",
    "retries",
    "worktrees",
    "burners",
    "mixed",
    "building",
)
#: Sorts in which attempts compute, so that more than one share the cores.
COMPUTING = frozenset({"burners", "mixed", "building"})
#: Sorts in which each attempt has a worktree; they are fewer, because git takes a tenth of a second
#: for each, and beside what real agents do that is nothing.
ISOLATED = frozenset({"worktrees", "building"})
#: Waiting and computing of one plan, without what the engine and git take; the more noise there is,
#: the longer.
WAITING_MS = 1500
OTHER_MS = 2200


class Drawn(NamedTuple):
    """One plan and what it is about."""

    seed: int
    sort: str
    plan: Plan  #: limits still say one worker

    @property
    def computes(self) -> bool:
        """Whether the cores are shared."""
        return self.sort in COMPUTING


def draw(seed: int) -> Drawn:
    """The plan of ``seed``."""
    sort = SORTS[seed % len(SORTS)]
    dice = random.Random(f"fidelity {seed}")
    isolated = sort in ISOLATED
    total_ms = OTHER_MS if isolated or sort in COMPUTING else WAITING_MS
    lasting = _durations(dice, total_ms, dice.randrange(*(5, 8) if isolated else (7, 12)))
    specs = [
        WorkstreamSpec(
            id=f"w{n:02d}",
            depends_on=_needed(dice, sort, n),
            command=(_command(dice, sort, n, ms),),
            expected_us=ms * 1000,
            **_more(dice, sort, n),
        )
        for n, ms in enumerate(lasting)
    ]
    limits = Limits(max_workers=1, backoff_us=40_000, resources={"port": 1, "seat": 2})
    return Drawn(seed, sort, Plan(workstreams=tuple(specs), limits=limits))


def _durations(dice, total_ms, count):
    weights = [dice.uniform(0.4, 2.0) for _ in range(count)]
    return [int(total_ms * weight / sum(weights)) for weight in weights]


def _needed(dice, sort, n):
    if not n or sort == "wide":
        return ()
    most = {"deep": 2, "burners": 1}.get(sort, 1)
    likely = {"deep": 0.95, "burners": 0.3}.get(sort, 0.45)
    earlier = range(max(0, n - 4), n)
    chosen = {dice.choice(earlier) for _ in range(most) if dice.random() < likely}
    return tuple(f"w{k:02d}" for k in sorted(chosen))


def _command(dice, sort, n, ms):
    """What takes ``ms``; where attempts fail, the first one does, or every one."""
    if sort == "burners":
        work = _burn(ms)
    elif sort in ("mixed", "building"):
        waiting = int(ms * dice.choice((0.0, 0.3, 0.6, 1.0)))
        parts = [f"sleep {waiting / 1000:.3f}"] if waiting else []
        parts += [_burn(ms - waiting)] if waiting < ms else []
        if dice.random() < 0.5:
            parts.reverse()
        work = "; ".join(parts)
    else:
        work = f"sleep {ms / 1000:.3f}"
    if sort in ISOLATED:
        work += f"; echo {n} > file{n:02d}"
    if sort == "retries":
        fails = dice.choice(("", "", ' && test "$UET_ATTEMPT" -ge 2', " && exit 3"))
        work += fails
    return work


def _burn(ms):
    """Computing for ``ms`` of CPU time, and not a number of rounds.

    Virtual machines do the same rounds in half or twice the time, as their neighbours let them, and
    which it will be is in no log. What is asked here is whether sharing is understood.
    """
    rounds = "1 while $i++ % 2000"
    return f"perl -MTime::HiRes=clock -e 'while (clock() < {ms / 1000:.3f}) {{ {rounds} }}'"


def _more(dice, sort, n):
    match sort:
        case "resources":
            needs = dice.choice(({}, {"port": 1}, {"seat": 1}, {"seat": 2}))
            group = dice.choice(("", "", "docs"))
            return {"resources": needs, "conflict_group": group, "alone": dice.random() < 0.1}
        case "retries":
            return {"max_attempts": dice.choice((1, 2))}
        case _ if sort in ISOLATED:
            return {"isolation": "worktree", "writes": (f"file{n:02d}",)}
        case _:
            return {}
