"""How one entry is printed: as a line of a conversation, or as a line of JSON."""

from typing import TYPE_CHECKING, Any

import msgspec

from uet_es.cli.wording import words_of
from uet_es.errors import LogError
from uet_es.events import BY_TAG, Decision
from uet_es.log.codec import Codec

if TYPE_CHECKING:
    from uet_es.cli.event_filter import Shown
    from uet_es.log.store import Log
    from uet_es.values import RunId


class Conversation:
    """Prints entries of one run, or of several, each under its name."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._codec = Codec()
        self._run: RunId | None = None
        self._began_us: dict[RunId, int] = {}

    def line(self, shown: "Shown") -> str:
        """The entry: an observation at the margin with its time, a decision indented."""
        row = shown.row
        heading = "" if row.run == self._run or self._run is None else f"\n{row.run}\n"
        self._run = row.run
        seq = shown.fields.get("seq", "?")
        event = BY_TAG.get(shown.tag)
        if event is not None and issubclass(event, Decision):
            return f"{heading}{seq:>6}  {'':>10}  {shown.tag:<22}  {self._words(shown)}".rstrip()
        after = (shown.fields.get("at_us", 0) - self._began(row.run)) / 1e6
        return f"{heading}{seq:>6}  {after:>8.3f}  {shown.tag:<24}  {self._words(shown)}".rstrip()

    def _words(self, shown: "Shown") -> str:
        ignored = shown.fields.get("ignored")
        try:
            words = words_of(self._codec.decode(shown.row).event)
        except LogError:
            words = msgspec.json.encode(_without_type(shown.event) or shown.fields).decode()
        words = words.replace("\n", " ")
        return f"{words}  [ignored: {ignored}]" if ignored else words

    def _began(self, run: "RunId") -> int:
        if run not in self._began_us:
            first = next(self._log.rows(run=run))
            try:
                at_us = msgspec.json.decode(first.state, type=_Timed).at_us
            except msgspec.MsgspecError:
                at_us = 0
            self._began_us[run] = at_us
        return self._began_us[run]


class _Timed(msgspec.Struct):
    at_us: int = 0


def line_document(shown: "Shown") -> dict[str, Any]:
    """The entry as scripts read it; ``ignored`` says why it changed nothing, where it did not."""
    row, fields = shown.row, shown.fields
    document = {
        "run": row.run,
        "seq": fields.get("seq"),
        "turn": fields.get("turn"),
        "stream": row.stream,
        "version": row.version,
        "at_us": fields.get("at_us"),
        "cause": fields.get("cause", 0),
        "type": shown.tag if shown.tag in BY_TAG else row.topic,
        "event": _without_type(shown.event),
    }
    if "unreadable" in fields:
        document["event"] = fields
    if fields.get("ignored"):
        document["ignored"] = fields["ignored"]
    return document


def _without_type(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "type"}
