"""The connection to whoever takes OTLP over HTTP, and what it answers.

The exporters say only that they failed. What came back is kept here, so that a person hears it.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from uet_es.errors import KernelError, TryLaterError, UetError, UsageError

_LATER = frozenset({408, 429, 500, 502, 503, 504})
_FORBIDDEN = frozenset({401, 403})


class Wire:
    """One receiver."""

    def __init__(self, endpoint: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._base = _checked(endpoint)
        self._shown = _without_secrets(self._base)
        self._signal = ""
        self._answer: requests.Response | requests.RequestException | None = None
        self.is_there = False  #: whether anybody ever answered

    def url(self, signal: str) -> str:
        """Where ``signal`` goes: traces or metrics."""
        self._signal = signal
        return f"{self._base}/v1/{signal}"

    @contextmanager
    def session(self) -> Iterator[requests.Session]:
        """A session whose answers are noted."""
        with _Noting(self) as session:
            yield session

    def note(self, answer: requests.Response | requests.RequestException) -> None:
        """What became of the request just made."""
        self._answer = answer
        self.is_there |= isinstance(answer, requests.Response)

    def refuse_unless_taken(self) -> None:
        """Raise unless the last request was answered with success, and look again next time.

        Raises:
            TryLaterError: nobody answers, or they ask for patience.
            UsageError: what was sent is not taken there.
        """
        answer, self._answer = self._answer, None
        url = f"{self._shown}/v1/{self._signal}"
        match answer:
            case None:
                raise KernelError(f"nothing was sent to {url}")
            case ValueError():
                raise UsageError(f"{url} is no address: {answer}")
            case requests.RequestException():
                raise TryLaterError(
                    f"{url} cannot be reached: {_root(answer)}; "
                    "start a collector there, or name another with --endpoint"
                )
            case _ if 200 <= answer.status_code < 300:
                self._refuse_unless_whole(answer, url)
            case _:
                raise _refusal(answer, url)

    def _refuse_unless_whole(self, answer: requests.Response, url: str) -> None:
        if not answer.headers.get("content-type", "").startswith("application/x-protobuf"):
            return
        try:
            if self._signal == "traces":
                spans = ExportTraceServiceResponse.FromString(answer.content).partial_success
                rejected, why = spans.rejected_spans, spans.error_message
            else:
                points = ExportMetricsServiceResponse.FromString(answer.content).partial_success
                rejected, why = points.rejected_data_points, points.error_message
        except DecodeError:
            raise UsageError(f"{url} answers, but not as an OTLP receiver does") from None
        if rejected:
            raise UsageError(f"{url} rejected {rejected} of what was sent: {why or 'no reason'}")


class _Noting(requests.Session):
    """Tells a wire what became of each request."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        try:
            answer = super().request(*args, **kwargs)
        except requests.RequestException as error:
            self._wire.note(error)
            if self._wire.is_there:
                raise
            # The exporter repeats for seconds what is no more specific than a lost connection.
            raise requests.RequestException("nobody is there") from error
        self._wire.note(answer)
        return answer


def _checked(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        usable = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.query or parts.fragment)
        )
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            f"{endpoint!r} is no address of a receiver; "
            "give it as http://HOST:PORT, such as http://127.0.0.1:4318"
        )
    return endpoint.rstrip("/")


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _refusal(answer: requests.Response, url: str) -> UetError:
    said = f"{answer.status_code} {answer.reason or ''}".strip()
    if answer.status_code in _LATER:
        return TryLaterError(f"{url} answers {said}; try again later")
    if answer.status_code in _FORBIDDEN:
        hint = "OTEL_EXPORTER_OTLP_HEADERS may hold a key for it"
    elif answer.is_redirect:
        hint = f"it points to {answer.headers['location']}; give that as --endpoint"
    else:
        hint = "is it the address of an OTLP receiver that speaks HTTP?"
    return UsageError(f"{url} answers {said}; {hint}")


def _root(error: BaseException) -> str:
    """What the operating system said, behind what libraries made of it."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, (ConnectionError, socket.gaierror)) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return str(error)
