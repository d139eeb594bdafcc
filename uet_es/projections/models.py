"""The read models: what each `.sql` file in ``models/`` says about itself.

A file begins with comments: what one row is, what it is made from, what its columns mean and
in which units. Then comes the statement that makes it, and for a table, behind lines
``-- on every batch``, how new entries get in. Where such a line goes on with ``with`` and types of
events (or ``requests``, ``predictions``), there must be such among the new ones. Nothing else knows
which models there are.
"""

import re
from collections.abc import Sequence
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from importlib.resources import files

import msgspec

#: What a batch of new rows is called inside a model: temporary tables, gone afterwards.
FRESH = (
    "arrived",
    "fresh",
    "fresh_history",
    "fresh_requests",
    "fresh_predictions",
    "fresh_waits",
    "fresh_steps",
    "fresh_times",
    "folded",
)
#: What is fresh is read from these, so a batch goes into them first.
_FRESH_FROM = {"fresh": ("entries",), "fresh_history": ("entries", "lineage")}
#: Whole numbers as people would write them, and the state that an event leads to.
MACROS = """
CREATE MACRO instant(us) AS make_timestamp(us);
CREATE MACRO seconds(us) AS us / 1000000;
CREATE MACRO usd(nanousd) AS CAST(nanousd AS DECIMAL(28, 0)) * CAST(0.000000001 AS DECIMAL(10, 9));
CREATE MACRO workstream_state(type) AS CASE type
    WHEN 'workstream.readied' THEN 'READY'
    WHEN 'workstream.dispatched' THEN 'RUNNING'
    WHEN 'workstream.completed' THEN 'SUCCEEDED'
    WHEN 'workstream.failed' THEN 'FAILED'
    WHEN 'workstream.cancelled' THEN 'CANCELLED'
    WHEN 'workstream.reopened' THEN 'PENDING'
END;
CREATE MACRO worker_state(type) AS CASE type
    WHEN 'worker.spawned' THEN 'SPAWNING'
    WHEN 'worker.readied' THEN 'IDLE'
    WHEN 'worker.assigned' THEN 'BUSY'
    WHEN 'worker.released' THEN 'IDLE'
    WHEN 'worker.recalled' THEN 'DRAINING'
    WHEN 'worker.terminated' THEN 'TERMINATED'
END;
"""
_PART = re.compile(r"^-- on every batch(?: with (?P<types>[\w.,\s-]+?))?\n(?!--)", re.MULTILINE)
_HEAD = re.compile(r"-- (?P<name>\w+): (?P<grain>.*)")
_COLUMN = re.compile(r"--   (?P<name>\w+) +(?P<text>.*)")


class Part(msgspec.Struct, frozen=True):
    """Statements that let a batch in."""

    types: frozenset[str]  #: of which there must be some; empty: any batch
    statements: str


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One read model."""

    name: str
    grain: str  #: what one row is, and what else must be known
    sources: tuple[str, ...]  #: models and batches it is made from
    columns: dict[str, str]  #: meaning and unit of each, in their order
    definition: str  #: the statement that makes it
    on_batch: tuple["Part", ...]  #: statements that let a batch in; none for views
    text: str  #: the whole file

    @property
    def is_view(self) -> bool:
        """Whether it is computed when asked for."""
        return self.definition.startswith("CREATE VIEW")


def parse(text: str) -> Model:
    """The model that a file holds.

    Raises:
        ValueError: its head does not say what it must.
    """
    lines = text.splitlines()
    head = _HEAD.fullmatch(lines[0])
    if head is None:
        raise ValueError(f"a model begins with `-- name: what one row is`, not with {lines[0]!r}")
    grain, sources, columns = [head["grain"]], None, {}
    for line in lines[1:]:
        if not line.startswith("--"):
            break
        if line.startswith("-- from: "):
            sources = tuple(line.removeprefix("-- from: ").split(", "))
        elif (column := _COLUMN.fullmatch(line)) is not None:
            columns[column["name"]] = column["text"].strip()
        elif line.startswith("--    ") and columns:
            columns[next(reversed(columns))] += f" {line.removeprefix('--').strip()}"
        elif line != "--":
            grain.append(line.removeprefix("-- "))
    if sources is None:
        raise ValueError(f"{head['name']}: no line says what it is made `-- from: `")
    body = "\n".join(lines[_end_of_head(lines) :]) + "\n"
    starts = list(_PART.finditer(body))
    ends = [match.start() for match in starts[1:]] + [len(body)]
    return Model(
        name=head["name"],
        grain=" ".join(grain),
        sources=sources,
        columns=columns,
        definition=body[: starts[0].start() if starts else len(body)].strip(),
        on_batch=tuple(
            Part(frozenset(re.findall(r"[\w.]+", m["types"] or "")), body[m.end() : end].strip())
            for m, end in zip(starts, ends, strict=False)
        ),
        text=text,
    )


def _end_of_head(lines: Sequence[str]) -> int:
    return next(n for n, line in enumerate(lines) if not line.startswith("--"))


@cache
def models() -> tuple[Model, ...]:
    """Every model, each after what it is made from, otherwise by name."""
    folder = files("uet_es.projections").joinpath("models")
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            model = parse(file.read_text(encoding="utf-8"))
            found[model.name] = model
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, model in found.items():
        before = [s for source in model.sources for s in _FRESH_FROM.get(source, (source,))]
        sorter.add(name, *(source for source in before if source not in FRESH))
    ordered: list[Model] = []
    sorter.prepare()
    while sorter.is_active():
        for name in sorted(sorter.get_ready()):
            ordered.append(found[name])
            sorter.done(name)
    return tuple(ordered)


@cache
def digest() -> str:
    """What changes whenever any model does: a warehouse made by others is made anew."""
    texts = (MACROS, *(model.text for model in models()))
    return sha256("\0".join(texts).encode()).hexdigest()


def comments(model: Model) -> list[str]:
    """Statements that write its grain and the meaning of its columns into the database."""
    kind = "VIEW" if model.is_view else "TABLE"
    said = [f"COMMENT ON {kind} {model.name} IS {_quoted(model.grain)}"]
    return said + [
        f'COMMENT ON COLUMN {model.name}."{name}" IS {_quoted(text)}'
        for name, text in model.columns.items()
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
