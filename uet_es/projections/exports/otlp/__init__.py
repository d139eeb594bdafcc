"""A run as OpenTelemetry spans and metrics, sent over OTLP.

Ids and instants come from the log: what is exported twice is the same twice, so a run may be
exported while it goes on and again when it is over.
"""

from typing import NamedTuple

from uet_es.errors import UsageError
from uet_es.projections.exports.otlp.metrics import metrics_of
from uet_es.projections.exports.otlp.rows import RunRow, run_row
from uet_es.projections.exports.otlp.shapes import Attribute, Ids, known
from uet_es.projections.exports.otlp.spans import spans_of
from uet_es.projections.warehouse import Warehouse

DEFAULT_ENDPOINT = "http://localhost:4318"
_LIBRARIES = ("opentelemetry", "google", "requests")


class Sent(NamedTuple):
    """What arrived."""

    spans: int
    points: int  #: of metrics


def send_otlp(
    warehouse: Warehouse,
    run: str,
    *,
    endpoint: str = DEFAULT_ENDPOINT,
    timeout_s: float = 10.0,
) -> Sent:
    """Send ``run`` as far as it is recorded to the receiver at ``endpoint``.

    Units:    ``timeout_s`` for each request, its repetitions included
    Raises:
        UsageError: no such run, no such address, the receiver takes no OTLP, or the libraries
            for it are not installed.
        TryLaterError: nobody answers there.
    """
    try:
        from uet_es.projections.exports.otlp.sender import SpanSender, send_metrics
        from uet_es.projections.exports.otlp.wire import Wire
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        raise UsageError(
            "an export to otlp needs OpenTelemetry, which is not installed: pip install 'uet[otel]'"
        ) from error
    subject = run_row(warehouse, run)
    wire = Wire(endpoint, timeout_s)
    shared = _resource(subject)
    of_the_run = shared | {"cicd.pipeline.run.id": run}
    trace = Ids(subject.store, run).trace
    spans = SpanSender(wire, trace, of_the_run).send(spans_of(warehouse, subject))
    points = send_metrics(
        wire,
        metrics_of(warehouse, subject),
        shared,
        from_us=subject.accepted_us,
        to_us=subject.to_us,
    )
    return Sent(spans, points)


def _resource(subject: RunRow) -> dict[str, Attribute]:
    """What all of it is about.

    The conventions want no run id on metrics unless it is asked for; the instance keeps the
    series of two runs apart.
    """
    return known(
        {
            "service.name": "uet",
            "service.version": subject.uet,
            "service.instance.id": Ids(subject.store, subject.run).instance,
            "cicd.pipeline.name": subject.pipeline,
            "deployment.environment.name": "simulation" if subject.simulated else None,
            "uet.simulated": subject.simulated,
        }
    )
