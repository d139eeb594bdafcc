"""What is printed, and how: documents and tables on stdout, remarks on stderr."""

import codecs
import io
import json
import sys
from collections.abc import Sequence

_PLAIN = {"→": "->", "…": "...", "–": "-", "—": "-", "×": "x", "·": "-", "≥": ">=", "≤": "<="}


def speak_plainly() -> None:
    """Let text pass through streams that know fewer characters than we use."""
    codecs.register_error("uet", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="uet")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    plain = "".join(
        _PLAIN.get(letter, letter.encode("ascii", "backslashreplace").decode())
        for letter in unknown
    )
    return plain, error.end


def print_document(document: object) -> None:
    """One JSON document, the same bytes in every locale."""
    print(json.dumps(document, indent=2))


def print_line(document: object) -> None:
    """One JSON object on one line."""
    print(json.dumps(document, separators=(",", ":")))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under a header, columns as wide as they need to be; numbers to the right."""
    cells = [[*header], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(header))]
    right = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(header))]
    for line in cells:
        shown = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        print("  ".join(shown).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value).replace("\n", " ")


def remark(text: str) -> None:
    """Say something beside the results; nobody may be listening any more."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (BrokenPipeError, ValueError):
        return


def warn(text: str) -> None:
    """Say what is odd, every line of it."""
    for line in text.splitlines():
        remark(f"uet: warning: {line}")


def seconds(us: int) -> str:
    """A span of time: ``0.04 s``, ``4.2 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if us < 60_000_000:
        return f"{us / 1e6:.{2 if us < 1_000_000 else 1}f} s"
    whole = us // 1_000_000
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(number: int, noun: str) -> str:
    """``1 entry``, ``2 entries``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
