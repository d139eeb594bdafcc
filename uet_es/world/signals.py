"""Lines that attempts write about themselves: their form, and what they become in the record."""

import os
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypedDict, assert_never

import msgspec
from msgspec import Meta

from uet_es.errors import UsageError
from uet_es.events.observations import (
    AnySignal,
    HeartbeatReported,
    ProgressReported,
    SignalRefused,
    TextReported,
    UsageReported,
)
from uet_es.values import WorkstreamId
from uet_es.world.prices import PriceList, Usage, priced

LINE_MAX = 65_536  #: bytes
_SHOWN_MAX = 80  #: characters of a refused line, or of what is wrong with it
_TEXT_MAX = 1_000

_Tokens = Annotated[int, Meta(ge=0, le=10**15)]


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every line may name; by default it is about the attempt that wrote it."""

    workstream: Annotated[str, Meta(max_length=200)] | None = None
    attempt: Annotated[int, Meta(ge=0, le=10**9)] | None = None


class _Progress(_Line, frozen=True, kw_only=True, tag="progress"):
    percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    text: str = ""


class _Heartbeat(_Line, frozen=True, kw_only=True, tag="heartbeat"):
    pass


class _Usage(_Line, frozen=True, kw_only=True, tag="usage"):
    model: Annotated[str, Meta(min_length=1, max_length=200)]
    input_tokens: _Tokens = 0
    output_tokens: _Tokens = 0
    cached_input_tokens: _Tokens = 0
    cost_usd: Decimal | None = None
    key: Annotated[str, Meta(max_length=200)] = ""

    def __post_init__(self) -> None:
        if self.cached_input_tokens > self.input_tokens:
            raise ValueError("`cached_input_tokens` are more than `input_tokens`")
        if self.cost_usd is not None and not 0 <= self.cost_usd <= 10**9:
            raise ValueError("`cost_usd` must be 0 or more")


class _Log(_Line, frozen=True, kw_only=True, tag="log"):
    text: str


_decoder = msgspec.json.Decoder(_Progress | _Heartbeat | _Usage | _Log)


class _Place(TypedDict):
    """What every signal has."""

    workstream: WorkstreamId
    attempt: int
    offset: int
    names: str


class SignalReader:
    """Turns the lines of one attempt's file into observations."""

    def __init__(self, workstream: WorkstreamId, attempt: int, prices: PriceList) -> None:
        self._workstream = workstream
        self._attempt = attempt
        self._prices = prices

    def read(self, line: bytes, offset: int) -> AnySignal:
        """The observation that ``line``, which ends at ``offset``, becomes."""
        try:
            said: _Progress | _Heartbeat | _Usage | _Log = _decoder.decode(line)
        except (msgspec.DecodeError, ValueError, ArithmeticError) as error:
            return self.refused(str(error), offset)
        place = self._place(offset, said)
        match said:
            case _Progress():
                percent = None if said.percent is None else int(said.percent)
                return ProgressReported(**place, percent=percent, text=_shortened(said.text))
            case _Heartbeat():
                return HeartbeatReported(**place)
            case _Log():
                return TextReported(**place, text=_shortened(said.text))
            case _Usage():
                return self._usage(said, place)
        assert_never(said)

    def _place(self, offset: int, said: _Line | None = None) -> _Place:
        """Whose line it is: that of the attempt whose file it is in, whatever it says."""
        workstream, attempt = self._workstream, self._attempt
        names = ""
        if said is not None:
            named = (
                said.workstream or workstream,
                attempt if said.attempt is None else said.attempt,
            )
            if named != (workstream, attempt):
                names = f"{named[0]}.{named[1]}"
        return _Place(workstream=workstream, attempt=attempt, offset=offset, names=names)

    def refused(self, why: str, offset: int) -> SignalRefused:
        """What a line becomes that is no signal; it shows next to nothing of the line."""
        return SignalRefused(**self._place(offset), message=why[:_SHOWN_MAX])

    def _usage(self, said: _Usage, place: _Place) -> UsageReported:
        usage = Usage(
            model=said.model,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
            cached_input_tokens=said.cached_input_tokens,
        )
        price = priced(usage, self._prices, said.cost_usd)
        return UsageReported(
            **place,
            model=said.model,
            input_tokens=said.input_tokens,
            output_tokens=said.output_tokens,
            cached_input_tokens=said.cached_input_tokens,
            cost_nanousd=price.cost_nanousd,
            price_table=price.table,
            price_version=price.version,
            key=said.key,
        )


def append_signal(path: str, line: Mapping[str, object]) -> None:
    """Add one line to a signals file, whole or not at all among other writers.

    Raises:
        UsageError: the line is no signal, or the file cannot be written.
    """
    written = msgspec.json.encode(line)
    try:
        _decoder.decode(written)
    except (msgspec.DecodeError, ValueError, ArithmeticError) as error:
        raise UsageError(f"no signal: {error}") from error
    if len(written) >= LINE_MAX:
        raise UsageError(f"a signal has at most {LINE_MAX} bytes, this one has {len(written)}")
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(fd, written + b"\n")
        finally:
            os.close(fd)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 1]}…"
