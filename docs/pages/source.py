"""What the source says about the vocabulary of the record: classes, fields, comments, words.

Read without importing it, because ``#:`` comments are not there at run time.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Field(NamedTuple):
    """One field of a record, as its class declares it."""

    name: str
    type: ast.expr
    default: ast.expr | None
    told: str  #: its ``#:`` comment


class Class(NamedTuple):
    """One class of the source."""

    name: str
    base: str
    tag: str  #: "" for a class that only marks a kind
    told: str  #: its docstring
    marks: dict[str, str]  #: ``channel`` and ``bus_name``, where it says them itself
    fields: list[Field]


class Words(NamedTuple):
    """What ``values.py`` says about types that are not classes."""

    units: dict[str, str]  #: name of an alias → its comment
    sets: dict[str, list[str]]  #: name of a closed set → its words


def classes_of(file: Path) -> Iterator[Class]:
    """The classes of one module, in its order."""
    source = file.read_text("utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            marks, fields = {}, []
            for each in node.body:
                if not (isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)):
                    continue
                if not ast.unparse(each.annotation).startswith("ClassVar"):
                    told = _comment(lines, each)
                    fields.append(Field(each.target.id, each.annotation, each.value, told))
                elif each.value is not None:
                    marks[each.target.id] = str(ast.literal_eval(each.value))
            tags = [str(ast.literal_eval(k.value)) for k in node.keywords if k.arg == "tag"]
            told = ast.get_docstring(node) or ""
            yield Class(node.name, ast.unparse(node.bases[0]), "".join(tags), told, marks, fields)


def words_of(file: Path) -> Words:
    """The aliases and closed sets of one module, in its order."""
    source = file.read_text("utf-8")
    lines = source.splitlines()
    words = Words({}, {})
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if isinstance(node.value, ast.Subscript):
                words.sets[name] = [
                    f"`{word}`: {told}" if (told := _beside(lines, at)) else f"`{word}`"
                    for word, at in literals(node.value)
                ]
            else:
                words.units[name] = _comment(lines, node)
    return words


def literals(type: ast.Subscript) -> Iterator[tuple[str, int]]:
    """The words of a ``Literal``, and the line that each stands on."""
    for each in ast.walk(type.slice):
        if isinstance(each, ast.Constant):
            yield str(each.value), each.lineno


def _comment(lines: list[str], node: ast.stmt) -> str:
    """What the ``#:`` comment above or at the end of a statement says."""
    beside = lines[(node.end_lineno or node.lineno) - 1].partition("#: ")[2]
    above: list[str] = []
    at = node.lineno - 2
    while lines[at].lstrip().startswith("#: "):
        above.insert(0, lines[at].partition("#: ")[2])
        at -= 1
    return _cell(" ".join([*above, beside]))


def _beside(lines: list[str], line: int) -> str:
    return _cell(lines[line - 1].partition("  # ")[2])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")
