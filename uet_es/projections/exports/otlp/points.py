"""Metrics in the shapes of the OpenTelemetry SDK, with the instants of the log."""

from collections.abc import Sequence

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as SdkMetric
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from uet_es import __version__
from uet_es.projections.exports.otlp.shapes import Measured, Metric
from uet_es.values import Instant

#: The conventions that names are from.
SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
#: Sums since the run began: sent again, they say the same again instead of adding up.
_CUMULATIVE = AggregationTemporality.CUMULATIVE


def metrics_data(
    metrics: Sequence[Metric], resource: Resource, *, from_us: Instant, to_us: Instant
) -> MetricsData:
    """All of them as they stood at ``to_us``, counted from ``from_us`` on."""
    scope = InstrumentationScope("uet", __version__, SCHEMA)
    told = [_told(metric, from_us * 1000, to_us * 1000) for metric in metrics]
    return MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, told, SCHEMA)], "")])


def _told(metric: Metric, from_ns: int, to_ns: int) -> SdkMetric:
    data: Sum | Gauge | Histogram
    if metric.kind == "histogram":
        data = Histogram(
            [_spread(point, metric.bounds, from_ns, to_ns) for point in metric.points], _CUMULATIVE
        )
    else:
        numbers = [
            NumberDataPoint(point.attributes, from_ns, to_ns, point.value)
            for point in metric.points
        ]
        if metric.kind == "gauge":
            data = Gauge(numbers)
        else:
            data = Sum(numbers, _CUMULATIVE, is_monotonic=metric.kind == "counter")
    return SdkMetric(metric.name, metric.about, metric.unit, data)


def _spread(
    point: Measured, bounds: tuple[float, ...], from_ns: int, to_ns: int
) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=point.attributes,
        start_time_unix_nano=from_ns,
        time_unix_nano=to_ns,
        count=sum(point.counts),
        sum=point.value,
        bucket_counts=point.counts,
        explicit_bounds=bounds,
        min=point.least,
        max=point.most,
    )
