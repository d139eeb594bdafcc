"""Runs as Prometheus reads them: the text exposition format, from the warehouse."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple, get_args

from uet_es.events import AnyRequest, tag_of
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US, RunId, State, WorkerState

#: Upper ends of the classes of a time in a state, seconds.
BUCKETS_S = ("0.1", "1", "5", "15", "60", "300", "900", "3600", "14400", "86400")
#: Runs that count: the one that was named, or all that are real. What a fork inherited happened
#: in its parent, so only entries of its own are counted.
_RUNS = """
WITH chosen AS (
    SELECT *, coalesce(outcome, 'unfinished') AS standing FROM runs
    WHERE CASE WHEN $1::VARCHAR IS NULL THEN NOT coalesce(simulated, false) ELSE run = $1 END
)
"""
_STAYS = """
, stays AS (
    SELECT from_state, to_state, coalesce(in_from_us, t.at_us - accepted_us) AS us
    FROM transitions AS t JOIN chosen USING (run)
    WHERE t.seq > forked_at_seq
)
"""
_REQUESTS = tuple(tag_of(event) for event in get_args(AnyRequest))
_OWN_ATTEMPTS = "attempts AS a JOIN chosen USING (run)"
_OWN_USAGE = "usage JOIN chosen USING (run) WHERE NOT coalesce(simulated, false)"


class Family(NamedTuple):
    """Series of one name."""

    name: str
    type: Literal["counter", "gauge"]
    told: str
    labels: tuple[str, ...]
    query: str  #: a column for each label, and the value
    always: tuple[str, ...] = ()  #: values of the label that are there even with 0
    scale: int = 0  #: power of ten that makes the value what is shown


_FAMILIES = (
    Family(
        "uet_runs",
        "gauge",
        "Runs by outcome.",
        ("outcome",),
        "SELECT standing, count(*) FROM chosen GROUP BY ALL",
        ("succeeded", "failed", "cancelled", "unfinished"),
    ),
    Family(
        "uet_workstreams",
        "gauge",
        "Workstreams by the state they are in.",
        ("state",),
        "SELECT state, count(*) FROM workstreams JOIN chosen USING (run) GROUP BY ALL",
        get_args(State),
    ),
    Family(
        "uet_workstream_transitions_total",
        "counter",
        "Changes of a workstream's state.",
        ("from", "to"),
        f"{_STAYS} SELECT from_state, to_state, count(*) FROM stays GROUP BY ALL",
    ),
    Family(
        "uet_workers",
        "gauge",
        "Workers by the state they are in.",
        ("state",),
        "SELECT state, count(*) FROM workers JOIN chosen USING (run) GROUP BY ALL",
        get_args(WorkerState),
    ),
    Family(
        "uet_attempts_total",
        "counter",
        "Attempts that ended, by tool and outcome.",
        ("tool", "outcome"),
        f"SELECT tool, a.outcome, count(*) FROM {_OWN_ATTEMPTS} JOIN workstreams AS w "
        "ON w.run = a.run AND w.workstream = a.workstream "
        "WHERE NOT inherited AND a.outcome IS NOT NULL "
        # It may have ended a moment before it is judged, and must not count as cancelled then.
        "AND NOT (a.outcome = 'cancelled' AND w.state = 'RUNNING' AND w.attempts = a.attempt) "
        "GROUP BY ALL",
    ),
    Family(
        "uet_attempt_failures_total",
        "counter",
        "Attempts that failed, by error code and reason.",
        ("code", "reason"),
        f"SELECT code, reason, count(*) FROM {_OWN_ATTEMPTS} "
        "WHERE NOT inherited AND code IS NOT NULL GROUP BY ALL",
    ),
    Family(
        "uet_manual_overrides_total",
        "counter",
        "Things that people asked of runs.",
        ("request",),
        ", asked AS ("
        "SELECT type FROM entries JOIN chosen USING (run) "
        f"WHERE type IN {_REQUESTS} AND payload->>'inbox_version' IS NOT NULL "
        "UNION ALL SELECT type FROM requests JOIN chosen USING (run) WHERE seq IS NULL"
        ") SELECT type, count(*) FROM asked GROUP BY ALL",
        _REQUESTS,
    ),
    Family(
        "uet_usage_reports_total",
        "counter",
        "Reports of model use.",
        ("model", "price_table"),
        f"SELECT model, price_table, count(*) FROM {_OWN_USAGE} GROUP BY ALL",
    ),
    Family(
        "uet_tokens_total",
        "counter",
        "Tokens used; cached_input is not counted as input.",
        ("model", "kind"),
        f", used AS (FROM {_OWN_USAGE}) "
        "SELECT model, 'input', sum(input_tokens - cached_input_tokens) FROM used GROUP BY ALL "
        "UNION ALL SELECT model, 'cached_input', sum(cached_input_tokens) FROM used GROUP BY ALL "
        "UNION ALL SELECT model, 'output', sum(output_tokens) FROM used GROUP BY ALL",
    ),
    Family(
        "uet_cost_usd_total",
        "counter",
        "US dollars, without reports that have no price.",
        ("model",),
        f"SELECT model, coalesce(sum(cost_nanousd), 0) FROM {_OWN_USAGE} GROUP BY ALL",
        scale=-9,
    ),
)


def exposition(warehouse: Warehouse, run: RunId | None = None) -> Iterator[str]:
    """The lines of the page: sums over all real runs, or ``run`` alone, with a label for it."""
    of_run = {"run": run} if run is not None else {}
    for family in _FAMILIES:
        yield from _head(family.name, family.type, family.told)
        for labels, value in sorted(_series(warehouse, family, run)):
            shown = dict(zip(family.labels, labels, strict=True))
            yield _line(family.name, of_run | shown, value)
    yield from _times(warehouse, run, of_run)


def _series(
    warehouse: Warehouse, family: Family, run: RunId | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    missing = {(value,) for value in family.always}
    for *labels, value in warehouse.rows(_RUNS + family.query, [run]):
        named = tuple(map(str, labels))
        missing.discard(named)
        yield named, f"{Decimal(str(value)).scaleb(family.scale):f}"
    yield from ((labels, "0") for labels in missing)


def _times(warehouse: Warehouse, run: RunId | None, of_run: Mapping[str, str]) -> Iterator[str]:
    """How long workstreams stayed in each state that they left."""
    name = "uet_workstream_state_seconds"
    yield from _head(name, "histogram", "Time in a state, of stays that are over.")
    classes = "".join(
        f"count(*) FILTER (us <= {Decimal(end) * SECOND_US:f}), " for end in BUCKETS_S
    )
    found = warehouse.rows(
        f"{_RUNS} {_STAYS} SELECT from_state, {classes} count(*), sum(us) FROM stays "
        "GROUP BY from_state ORDER BY from_state",
        [run],
    )
    for state, *counts, sum_us in found:
        labels = {**of_run, "state": str(state)}
        for end, count in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
            yield _line(f"{name}_bucket", {**labels, "le": end}, str(count))
        yield _line(f"{name}_sum", labels, f"{Decimal(str(sum_us)).scaleb(-6):f}")
        yield _line(f"{name}_count", labels, str(counts[-1]))


def _head(name: str, type: str, told: str) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {type}"


def _line(name: str, labels: Mapping[str, str], value: str) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
