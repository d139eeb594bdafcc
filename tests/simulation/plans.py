"""Plans that Hypothesis draws, and makes smaller once one of them fails."""

from hypothesis import strategies as st

from uet_es.plan import Flags, Limits, Plan, WorkerGroup, WorkstreamSpec
from uet_es.values import SECOND_US

FOLDERS = ("d0", "d1", "d2")
PATTERNS = tuple(sorted((*FOLDERS, *(f"{d}/f{n}" for d in FOLDERS for n in range(2)))))
OVERLAPS = tuple(sorted((d, f"{d}/f{n}") for d in FOLDERS for n in range(2)))
POOLS = {"db": 1, "gpu": 2}
TOOLS = ("shell", "other")
SECONDS = st.integers(1, 9).map(lambda n: n * SECOND_US)


def ids(size):
    return [f"w{n:02d}" for n in range(size)]


def claims(most):
    """A few patterns as the record holds them: sorted, none twice."""
    patterns = st.sets(st.sampled_from(PATTERNS), max_size=most)
    return patterns.map(lambda found: tuple(sorted(found)))


def units():
    return st.fixed_dictionaries(
        {}, optional={pool: st.integers(1, most) for pool, most in POOLS.items()}
    )


@st.composite
def specs(draw, number):
    """Workstream ``number``, which depends on earlier ones only."""
    earlier = ids(number)
    after = draw(st.sets(st.sampled_from(earlier), max_size=2)) if earlier else ()
    return WorkstreamSpec(
        id=f"w{number:02d}",
        depends_on=tuple(sorted(after)),
        writes=draw(claims(2)),
        reads=draw(claims(1)),
        alone=draw(st.sampled_from((False, False, False, True))),
        conflict_group=draw(st.sampled_from(("", "", "g1", "g2"))),
        priority=draw(st.sampled_from(("foreground", "background"))),
        order=draw(st.sampled_from((0, 0, 1))),
        tool=draw(st.sampled_from(TOOLS)),
        capabilities=draw(st.sampled_from(((), (), ("big",)))),
        resources=draw(units()),
        expected_us=draw(SECONDS),
        isolation=draw(st.sampled_from(("none", "worktree"))),
        timeout_us=draw(st.just(0) | SECONDS),
        heartbeat_us=draw(st.just(0) | SECONDS),
        max_attempts=draw(st.integers(1, 3)),
        once=draw(st.sampled_from((False, False, False, True))),
    )


def limits():
    return st.builds(
        Limits,
        max_workers=st.integers(1, 5),
        resources=st.just(POOLS),
        backoff_us=st.sampled_from((0, SECOND_US)),
        worker_start_us=st.sampled_from((SECOND_US, 60 * SECOND_US)),
        max_losses=st.integers(0, 2),
        merge_order=st.sampled_from(("ready", "strict")),
        fail_fast=st.booleans(),
    )


def flags():
    """Every rule as it was once, or as it is now."""
    switches = st.fixed_dictionaries({field: st.booleans() for field in Flags.__struct_fields__})
    return switches.map(lambda chosen: Flags(**chosen))


def crews():
    """No groups at all, or one for each tool; somebody can do everything that may be asked."""
    group = st.builds(
        lambda count, tool: WorkerGroup(count=count, tools=(tool,), capabilities=("big",)),
        st.integers(1, 2),
        st.sampled_from(TOOLS),
    )
    everybody = WorkerGroup(count=5, capabilities=("big",))
    return st.lists(group, max_size=2).map(lambda groups: (*groups, everybody))


@st.composite
def plans(draw, most=10):
    """Everything that a plan can hold, as ``intake`` would accept it."""
    size = draw(st.integers(1, most))
    workstreams = tuple(draw(specs(number)) for number in range(size))
    pairs = st.tuples(st.sampled_from(ids(size)), st.sampled_from(ids(size)))
    before = (
        draw(st.sets(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=2)) if size > 1 else ()
    )
    return Plan(
        workstreams=workstreams,
        overlaps=OVERLAPS,
        before=tuple(sorted(before)),
        workers=draw(crews()),
        limits=draw(limits()),
        flags=draw(flags()),
        base="0" * 40,
    )
