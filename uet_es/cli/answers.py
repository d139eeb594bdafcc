"""Answers of the warehouse as text: a table for people, CSV, JSON and Markdown for others."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Literal

from uet_es.cli.printing import count, print_table, remark

if TYPE_CHECKING:
    from uet_es.projections.asking import Answer

Form = Literal["table", "csv", "json", "md", "parquet"]
#: A table for people is as wide as its widest cell, so all of it must be known; enough is enough.
_TABLE_ROWS = 1000
_CELL = 80


def print_answer(answer: "Answer", form: Form) -> None:
    """Print what was found; rows are printed as they come, but for tables."""
    is_json = [type == "JSON" for type in answer.types]
    match form:
        case "json":
            _print_json(answer.columns, is_json, answer.rows)
        case "csv":
            _print_csv(answer.columns, answer.rows)
        case "md":
            _print_markdown(answer.columns, answer.rows)
        case _ if answer.columns == ["explain_key", "explain_value"]:
            for _, plan in answer.rows:
                print(plan)
        case _:
            _print_table(answer.columns, answer.rows)


def _print_table(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    shown = list(islice(rows, _TABLE_ROWS))
    print_table(columns, [[_cell(value) for value in row] for row in shown])
    more = sum(1 for _ in rows)
    if more:
        remark(f"{count(more, 'more row')}: LIMIT them, or take --format csv")


def _print_csv(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(columns)
    print(line.getvalue(), end="")
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow(["" if value is None else _text(value) for value in row])
        print(line.getvalue(), end="")


def _print_markdown(columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    print(f"| {' | '.join(map(_escaped, columns))} |")
    print(f"|{' --- |' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(_escaped('' if v is None else _text(v)) for v in row)} |")


def _print_json(
    columns: Sequence[str], is_json: Sequence[bool], rows: Iterable[tuple[object, ...]]
) -> None:
    first = True
    for row in rows:
        document = ", ".join(
            f"{json.dumps(name)}: {_nested(value) if nested else _json(value)}"
            for name, nested, value in zip(columns, is_json, row, strict=True)
        )
        print("[" if first else ",")
        print(f"  {{{document}}}", end="")
        first = False
    print("[]" if first else "\n]")


def _nested(value: object) -> str:
    """JSON as DuckDB hands it out, in letters that every stream knows."""
    return json.dumps(None if value is None else json.loads(str(value)))


def _json(value: object) -> str:
    """``value`` as JSON; whole numbers and decimals digit by digit."""
    match value:
        case None | bool() | int() | str():
            return json.dumps(value)
        case float():
            return repr(value) if math.isfinite(value) else "null"
        case Decimal():
            return format(value, "f")
        case list() | tuple():
            return f"[{', '.join(map(_json, value))}]"
        case dict():
            pairs = (f"{json.dumps(str(name))}: {_json(each)}" for name, each in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return json.dumps(_text(value))


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case bytes():
            return value.hex()
        case list() | tuple() | dict():
            return _json(value)
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def _cell(value: object) -> object:
    """For print_table: numbers stay numbers, so that they go to the right."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    text = _text(value).replace("\n", " ")
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "<br>")
