"""`docs/events.md`, written from the vocabulary's source: ``python docs/events_page.py [--check]``.

The page is read from docstrings and ``#:`` comments, so it can be no other than what the source
says; nothing of uet is imported.
"""

import ast
import sys
from pathlib import Path

from pages.source import Class, Field, Words, classes_of, literals, words_of

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "uet_es"
PAGE = ROOT / "docs" / "events.md"

_PREFACE = """\
# Events

Every entry of a log holds one event. An *observation* is what the world told us, a *decision* is
what we chose; tags are permanent. A field that has its default is left out of the record.
`uet events --event-type TAG` shows one type, `--channel NAME` one channel; where an event has a
name on the earlier bus, that name is accepted, too, in upper or lower case.

This page is generated from the source; [entries.schema.json](../schema/entries.schema.json) says
the same to programs.
"""
#: Where the events of a kind are kept; a class is of the first kind it descends from.
_KINDS = {
    "Observation": "Observation, kept in the run's stream",
    "RunDecision": "Decision, kept in the run's stream",
    "WorkstreamDecision": "Decision, kept in the workstream's stream",
    "WorkerDecision": "Decision, kept in the worker's stream",
}
_TYPES = {
    "str": "text",
    "int": "integer",
    "bool": "true or false",
    "None": "null",
    "WorkstreamId": "workstream id",
    "WorkerId": "worker number",
    "StreamId": "stream id",
    "Limits": "limits",
    "RunId": "run id",
    "Plan": "[plan](../schema/plan.schema.json)",
    "AnyEvent": "one of the events below",
}


def page() -> str:
    """The whole page."""
    words = words_of(SOURCE / "values.py")
    classes = {
        each.name: each
        for name in ("base", "observations", "decisions", "entry")
        for each in classes_of(SOURCE / "events" / f"{name}.py")
    }
    events = [each for each in classes.values() if each.tag]
    lines = [_PREFACE, "## The entry", "", classes["Entry"].told, ""]
    lines += _table(classes["Entry"].fields, words)
    for title, kind in (("Observations", True), ("Decisions", False)):
        lines += [f"## {title}", ""]
        for event in events:
            if _kind(event, classes).startswith("Observation") == kind:
                lines += _chapter(event, classes, words)
    return "\n".join([*lines, *_sets(words, events, classes), *_bus_names(events, classes)])


def _chapter(event: Class, classes: dict[str, Class], words: Words) -> list[str]:
    bus_name = _mark(event, "bus_name", classes)
    earlier = f" · earlier `{bus_name}`" if bus_name else ""
    channel = _mark(event, "channel", classes)
    fields = [field for each in reversed(_lineage(event, classes)) for field in each.fields]
    return [
        f"### `{event.tag}`",
        "",
        event.told,
        "",
        f"{_kind(event, classes)} · channel `{channel}`{earlier}",
        "",
        *_table(fields, words),
    ]


def _table(fields: list[Field], words: Words) -> list[str]:
    if not fields:
        return []
    rows = [
        f"| `{field.name}` | {_type(field.type, words)} | {_default(field)} | {field.told} |"
        for field in fields
    ]
    return ["| field | type | default | means |", "|---|---|---|---|", *rows, ""]


def _type(type: ast.expr, words: Words) -> str:
    """The type in words, with its unit where the alias tells one."""
    match type:
        case ast.BinOp(left=left, right=right):
            return f"{_type(left, words)} or {_type(right, words)}"
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[item, *_])):
            return f"list of {_type(item, words)}"
        case ast.Subscript(value=ast.Name(id="Literal")):
            return ", ".join(f"`{word}`" for word, _ in literals(type))
        case ast.Constant(value=None):
            return "null"
        case ast.Name(id=name) if name in words.sets:
            return f"[{name}](#{name.lower()})"
        case ast.Name(id=name) if name in _TYPES:
            return _TYPES[name]
        case ast.Name(id=name) if name in words.units:
            return words.units[name]
    raise ValueError(f"{ast.unparse(type)}: say in _TYPES how to tell this type")


def _default(field: Field) -> str:
    if field.default is None:
        return "required"
    text = ast.unparse(field.default).replace("'", '"')
    spelt = {"None": "null", "()": "[]", "False": "false", "True": "true"}
    return f"`{spelt.get(text, text)}`"


def _sets(words: Words, events: list[Class], classes: dict[str, Class]) -> list[str]:
    """The closed sets of words that fields are taken from."""
    used = {
        node.id
        for event in events
        for each in _lineage(event, classes)
        for field in each.fields
        for node in ast.walk(field.type)
        if isinstance(node, ast.Name)
    }
    lines = ["## Closed sets of words", ""]
    for name, members in words.sets.items():
        if name in used:
            lines += [f"### {name}", "", *(f"- {member}" for member in members), ""]
    return lines


def _bus_names(events: list[Class], classes: dict[str, Class]) -> list[str]:
    rows = [
        f"| `{name}` | `{event.tag}` |"
        for event in events
        if (name := _mark(event, "bus_name", classes))
    ]
    return [
        "## Names of the earlier bus",
        "",
        "| name | event |",
        "|---|---|",
        *rows,
        "| `RESOURCE_LIMIT` | none yet |",
        "",
    ]


def _lineage(event: Class, classes: dict[str, Class]) -> list[Class]:
    """The class and those it descends from, as far as they are ours."""
    found = [event]
    while (base := found[-1].base) in classes:
        found.append(classes[base])
    return found


def _kind(event: Class, classes: dict[str, Class]) -> str:
    return next(_KINDS[each.name] for each in _lineage(event, classes) if each.name in _KINDS)


def _mark(event: Class, name: str, classes: dict[str, Class]) -> str:
    return next(each.marks[name] for each in _lineage(event, classes) if name in each.marks)


def main(arguments: list[str]) -> int:
    """Write the page, or only say whether it is out of date."""
    text = page().replace("``", "`")
    if "--check" in arguments:
        is_current = PAGE.is_file() and PAGE.read_text("utf-8") == text
        if not is_current:
            print(f"{PAGE}: is out of date; run python docs/events_page.py")
        return 0 if is_current else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
