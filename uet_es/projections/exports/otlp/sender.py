"""The one home of OpenTelemetry: makes its spans and metrics of ours, and sends them.

Source: https://opentelemetry.io/docs/specs/otlp/
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from uet_es import __version__
from uet_es.errors import UsageError
from uet_es.projections.exports.otlp.points import SCHEMA, metrics_data
from uet_es.projections.exports.otlp.shapes import Attributes, Metric, Span
from uet_es.projections.exports.otlp.wire import Wire
from uet_es.values import Instant

#: Spans, links and moments of one request: far below the 20 MB that a collector takes.
_BATCH = 2000
_KIND = {"server": SpanKind.SERVER, "internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_ANY = SpanLimits.UNSET
_NO_LIMITS = SpanLimits(
    max_attributes=_ANY,
    max_events=_ANY,
    max_links=_ANY,
    max_span_attributes=_ANY,
    max_event_attributes=_ANY,
    max_link_attributes=_ANY,
    max_attribute_length=_ANY,
    max_span_attribute_length=_ANY,
)


class _Given(IdGenerator):
    """Ids that somebody else derived."""

    def __init__(self, trace: int) -> None:
        self.trace = trace
        self.span = 0

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class _Ended(SpanProcessor):
    """Keeps what has ended until it is sent."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class SpanSender:
    """Sends the spans of one trace."""

    def __init__(self, wire: Wire, trace: int, resource: Attributes) -> None:
        if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
            raise UsageError(
                "OTEL_SDK_DISABLED=true switches OpenTelemetry off; unset it to export"
            )
        self._wire = wire
        self._ids = _Given(trace)
        self._ended = _Ended()
        # Nothing of this is left to OTEL_* variables: they would drop spans and links in silence.
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource(resource),
            shutdown_on_exit=False,
            id_generator=self._ids,
            span_limits=_NO_LIMITS,
        )
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer("uet", __version__, schema_url=SCHEMA)

    def send(self, spans: Iterable[Span]) -> int:
        """Send them, and return how many there were.

        Raises:
            TryLaterError: nobody answers.
            UsageError: whoever answers does not take them.
        """
        sent = weight = 0
        with _quiet(), self._wire.session() as session:
            exporter = OTLPSpanExporter(
                endpoint=self._wire.url("traces"), timeout=self._wire.timeout_s, session=session
            )
            for span in spans:
                self._tell(span)
                sent += 1
                weight += 1 + len(span.links) + len(span.moments)
                if weight >= _BATCH:
                    self._flush(exporter)
                    weight = 0
            self._flush(exporter)
        return sent

    def _tell(self, span: Span) -> None:
        context = Context()
        if span.parent:
            context = trace.set_span_in_context(
                NonRecordingSpan(self._context(self._ids.trace, span.parent)), context
            )
        self._ids.span = span.id
        told = self._tracer.start_span(
            span.name,
            context=context,
            kind=_KIND[span.kind],
            attributes=span.attributes,
            links=[
                Link(self._context(link.trace, link.span), {"uet.link": link.why})
                for link in span.links
            ],
            start_time=span.from_us * 1000,
        )
        for moment in span.moments:
            told.add_event(moment.name, moment.attributes, moment.at_us * 1000)
        if span.failure is not None:
            told.set_status(Status(StatusCode.ERROR, span.failure))
        told.end(span.to_us * 1000)

    def _flush(self, exporter: OTLPSpanExporter) -> None:
        spans, self._ended.spans = self._ended.spans, []
        if spans:
            exporter.export(spans)
            self._wire.refuse_unless_taken()

    @staticmethod
    def _context(trace: int, span: int) -> SpanContext:
        return SpanContext(trace, span, is_remote=False, trace_flags=_SAMPLED)


def send_metrics(
    wire: Wire, metrics: Iterable[Metric], resource: Attributes, *, from_us: Instant, to_us: Instant
) -> int:
    """Send them as they stood at ``to_us``, and return how many points there were.

    Raises:
        TryLaterError: nobody answers.
        UsageError: whoever answers does not take them.
    """
    told = [metric for metric in metrics if metric.points]
    with _quiet(), wire.session() as session:
        exporter = OTLPMetricExporter(
            endpoint=wire.url("metrics"), timeout=wire.timeout_s, session=session
        )
        exporter.export(metrics_data(told, Resource(resource), from_us=from_us, to_us=to_us))
        wire.refuse_unless_taken()
    return sum(len(metric.points) for metric in told)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from logging: what goes wrong is raised, once."""
    logger = logging.getLogger("opentelemetry")
    silent, propagated = logging.NullHandler(), logger.propagate
    logger.addHandler(silent)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = propagated
        logger.removeHandler(silent)
