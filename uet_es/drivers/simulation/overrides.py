"""Other conditions: limits and plans as somebody wants to imagine them."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from msgspec.structs import replace

from uet_es.errors import UsageError
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import SECOND_US, WorkstreamId


class _Limit(NamedTuple):
    """One limit that can be set: how its text is read, and where it goes."""

    field: str
    read: Callable[[str], int | str | bool]
    takes: str  #: what its text must be


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError
        return int(text)

    return read


def _microseconds(text: str) -> int:
    value = Fraction(text)
    if value < 0:
        raise ValueError
    return round(value * SECOND_US)


def _percent(text: str) -> int:
    value = Fraction(text)
    if value < 1:
        raise ValueError
    return round(value * 100)


def _order(text: str) -> str:
    if text not in ("ready", "strict"):
        raise ValueError
    return text


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text]


_WHOLE = "a whole number from 1 on"
_SECONDS = "seconds"
#: Limits of a run, by the names that they have in ``uet.toml``.
LIMITS: Mapping[str, _Limit] = {
    "max_workers": _Limit("max_workers", _whole(1), _WHOLE),
    "max_losses": _Limit("max_losses", _whole(0), "a whole number from 0 on"),
    "fail_fast": _Limit("fail_fast", _truth, "true or false"),
    "heartbeat_s": _Limit("heartbeat_us", _microseconds, _SECONDS),
    "retry.backoff_s": _Limit("backoff_us", _microseconds, _SECONDS),
    "retry.factor": _Limit("backoff_percent", _percent, "a number from 1 on"),
    "retry.max_backoff_s": _Limit("max_backoff_us", _microseconds, _SECONDS),
    "timeouts.worker_start_s": _Limit("worker_start_us", _microseconds, _SECONDS),
}
#: What is settled when a plan is accepted: it can be imagined from the start of a run only.
SETTLED: Mapping[str, _Limit] = {
    "merge.order": _Limit("merge_order", _order, "ready or strict"),
    "retry.max_attempts": _Limit("max_attempts", _whole(1), _WHOLE),
    "timeouts.attempt_s": _Limit("timeout_us", _microseconds, _SECONDS),
}
_POOL = "resources."


def changed_limits(limits: Limits, sets: Sequence[str]) -> Limits:
    """``limits`` after every ``KEY=VALUE`` of ``sets``.

    Raises:
        UsageError: a key that no limit has, or a value it cannot have; all of them at once.
    """
    return _changed(limits, (), sets, LIMITS)[0]


def changed_plan(plan: Plan, sets: Sequence[str]) -> Plan:
    """``plan`` accepted with other limits; those of every workstream may be set, too.

    Raises:
        UsageError: as ``changed_limits``.
    """
    limits, specs = _changed(plan.limits, plan.workstreams, sets, {**LIMITS, **SETTLED})
    return replace(plan, limits=limits, workstreams=specs)


def _changed(
    limits: Limits,
    specs: tuple[WorkstreamSpec, ...],
    sets: Sequence[str],
    known: Mapping[str, _Limit],
) -> tuple[Limits, tuple[WorkstreamSpec, ...]]:
    problems: list[str] = []
    for assignment in sets:
        key, equals, text = assignment.partition("=")
        if not equals:
            problems.append(f"{assignment!r} is no KEY=VALUE")
        elif key.startswith(_POOL) and len(key) > len(_POOL):
            if text.isdecimal():
                pools = {**limits.resources, key[len(_POOL) :]: int(text)}
                limits = replace(limits, resources=dict(sorted(pools.items())))
            else:
                problems.append(f"{key}={text}: must be a whole number from 0 on")
        elif key not in known:
            names = ", ".join([*sorted(known), "resources.NAME"])
            problems.append(f"no limit is called {key!r}: there are {names}")
        else:
            limit = known[key]
            try:
                value = limit.read(text)
            except (ValueError, KeyError, ZeroDivisionError):
                problems.append(f"{key}={text}: must be {limit.takes}")
                continue
            if limit.field in WorkstreamSpec.__struct_fields__:
                specs = tuple(replace(spec, **{limit.field: value}) for spec in specs)
            else:
                limits = replace(limits, **{limit.field: value})
    if problems:
        raise UsageError("\n".join(problems))
    return limits, specs


def without(plan: Plan, ids: Sequence[str]) -> Plan:
    """``plan`` without these workstreams; who depended on one depends on what it depended on.

    Raises:
        UsageError: the plan has no such workstream; all of them at once.
    """
    known = {spec.id: spec for spec in plan.workstreams}
    unknown = sorted(id for id in ids if id not in known)
    if unknown:
        raise UsageError(f"the plan has no workstream {', '.join(unknown)}")
    gone = set(ids)

    def needed(id: WorkstreamId) -> set[WorkstreamId]:
        found: set[WorkstreamId] = set()
        walk = list(known[id].depends_on)
        while walk:
            each = walk.pop()
            if each in gone:
                walk += known[each].depends_on
            else:
                found.add(each)
        return found

    specs = tuple(
        replace(spec, depends_on=tuple(sorted(needed(spec.id))))
        for spec in plan.workstreams
        if spec.id not in gone
    )
    before = tuple(pair for pair in plan.before if not gone & {*pair})
    return replace(plan, workstreams=specs, before=before)


def factors_of(plan: Plan, assignments: Sequence[str]) -> dict[str, Fraction]:
    """``TOOL|KIND|WS=FACTOR`` as numbers above 0.

    Raises:
        UsageError: names nothing of the plan, or no such number; all of them at once.
    """
    names = {name for spec in plan.workstreams for name in (spec.id, spec.tool, spec.kind)}
    return _numbers(assignments, names, "a number above 0", lambda value: value > 0)


def failures_of(plan: Plan, assignments: Sequence[str]) -> dict[WorkstreamId, Fraction]:
    """``WS=PROBABILITY`` as numbers from 0 to 1.

    Raises:
        UsageError: as ``factors_of``.
    """
    names = {str(spec.id) for spec in plan.workstreams}
    found = _numbers(assignments, names, "a probability from 0 to 1", lambda value: 0 <= value <= 1)
    return {WorkstreamId(name): value for name, value in found.items()}


def _numbers(
    assignments: Sequence[str], names: set[str], takes: str, fits: Callable[[Fraction], bool]
) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    problems: list[str] = []
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            value = Fraction(text)
        except (ValueError, ZeroDivisionError):
            problems.append(f"{assignment}: must be NAME= and {takes}")
            continue
        if name not in names:
            problems.append(f"{assignment}: the plan has no workstream, tool or kind {name!r}")
        elif not fits(value):
            problems.append(f"{assignment}: must be {takes}")
        else:
            found[name] = value
    if problems:
        raise UsageError("\n".join(problems))
    return found
