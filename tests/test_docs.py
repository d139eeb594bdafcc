"""The documents: what they show happens, what they list is complete, what they link to exists.

A page is one session: its `sh` blocks must end with 0, and the commands of its `console` blocks
(lines that begin with `$`) with 0 or with what `# ends with N` says. Where output is shown, it
must be that: `…` stands for any text, alone on a line for any lines.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from uet_es import errors
from uet_es.cli import account, failures
from uet_es.cli.app import app
from uet_es.events import BUS_NAMES, BUS_NAMES_WITHOUT_EVENT, BY_TAG
from uet_es.intake.files import parsed
from uet_es.intake.load import load_plan
from uet_es.intake.precedence import VARIABLES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
EXECUTED = [README, DOCS / "tour.md"]
SHOWN = {"text", "yaml", "toml", "json", "sql"}
DEADLINE_S = 60
#: For machines without the program; the module is the same library.
SQLITE3 = f"""#!{sys.executable}
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*row, sep="|")
"""


class Block(NamedTuple):
    """One fenced block of a page."""

    language: str
    line: int
    text: str


class Step(NamedTuple):
    """Something to type, and what must come of it."""

    line: int
    script: str
    status: int = 0
    output: str = ""  #: "" is not looked at


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield Block(found[1], text.count("\n", 0, found.start()) + 1, found[2])


def steps_of(block: Block) -> Iterator[Step]:
    if block.language == "sh":
        yield Step(block.line, block.text)
    if block.language == "console":
        assert block.text.startswith("$ "), f"line {block.line}: begin with a command"
        line = block.line
        for typed in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, output = typed.partition("\n")
            ends = re.search(r"# ends with (\d+)$", command)
            yield Step(line + 1, command, int(ends[1]) if ends else 0, output)
            line += typed.count("\n")


def is_shown(shown: str, printed: str) -> bool:
    pattern = ""
    for line in shown.splitlines():
        any_text = ".*?".join(re.escape(part) for part in line.split("…"))
        pattern += "(?:[^\n]*\n)*?" if line == "…" else f"{any_text}\n"
    return re.fullmatch(pattern, printed) is not None


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A person's environment, with uet and sqlite3 on the path and an identity for git."""
    home, tools = tmp_path / "home", tmp_path / "tools"
    home.mkdir()
    tools.mkdir()
    if shutil.which("sqlite3") is None:
        (tools / "sqlite3").write_text(SQLITE3)
        (tools / "sqlite3").chmod(0o755)
    (home / ".gitconfig").write_text("[user]\nname = A Reader\nemail = reader@localhost\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("UET_", "GIT_", "XDG_"))}
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"], str(tools)]),
        "HOME": str(home),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "CWD_FILE": str(tmp_path / "cwd"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.mark.slow
@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.name)
def test_what_a_page_shows_happens(page, tmp_path, environment):
    folder = tmp_path / "reader"
    folder.mkdir()
    steps = [step for block in blocks_of(page) for step in steps_of(block)]
    assert len(steps) > 5
    for step in steps:
        ended = subprocess.run(
            ["sh", "-ec", f"trap 'pwd >\"$CWD_FILE\"' EXIT\n{step.script}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_S,
        )
        at = f"{page.name}:{step.line}: {step.script}\n{ended.stdout}"
        assert ended.returncode == step.status, at
        assert "Traceback" not in ended.stdout, at
        assert not step.output or is_shown(step.output, ended.stdout), f"{at}\nnot\n{step.output}"
        folder = Path((tmp_path / "cwd").read_text().rstrip("\n"))


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a\n…\n", "a\nb\nc\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("a … c\n", "a b c\n", True),
        ("a … c\n", "a\nc\n", False),
    ],
)
def test_dots_stand_for_anything_and_nothing_else_does(shown, printed, expected):
    assert is_shown(shown, printed) is expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_known_sort_and_can_be_read(page):
    for block in blocks_of(page):
        executed = page in EXECUTED and block.language in {"sh", "console"}
        listing = page not in EXECUTED and block.language in {"sh", "console", ""}
        assert executed or listing or block.language in SHOWN, f"{page.name}:{block.line}"
        if block.language in SHOWN - {"text", "sql"}:
            parsed(block.text.encode(), f".{block.language}")


def test_the_plan_of_the_readme_is_valid_with_its_configuration(tmp_path):
    shown = {block.language: block.text for block in blocks_of(README)}
    (tmp_path / "plan.yaml").write_text(shown["yaml"])
    (tmp_path / "uet.toml").write_text(shown["toml"])
    loaded = load_plan(tmp_path, repository=tmp_path, for_run=True, environ={})
    assert [spec.id for spec in loaded.plan.workstreams] == ["api", "docs"]
    assert loaded.warnings == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        assert not path.startswith(("http:", "/")), target
        if path.startswith("https:"):
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors_of(file), f"{page.name}: {target}"


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def test_every_page_is_linked_from_the_readme():
    linked = set(re.findall(r"\]\(([^)\s]+)\)", README.read_text("utf-8")))
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= linked


def test_every_verb_has_a_chapter_and_no_page_names_another(verbs):
    chapters = re.findall(r"^## `(.+)`$", (DOCS / "cli.md").read_text("utf-8"), re.MULTILINE)
    assert set(chapters) == {"uet", *(f"uet {verb}" for verb in verbs)}
    for page in PAGES:
        for code in re.findall(r"`([^`\n]+)`|^(?:\$ | {4})(.+)$", page.read_text("utf-8"), re.M):
            for named in re.findall(r"\buet ([a-z]+)(?: ([a-z]+))?", "".join(code)):
                group = f"{named[0]} {named[1]}"
                assert named[0] in verbs, f"{page.name}: uet {named[0]}"
                is_group = any(verb.startswith(f"{named[0]} ") for verb in verbs)
                assert not (is_group and named[1]) or group in verbs, f"{page.name}: uet {group}"


@pytest.fixture(scope="module")
def verbs() -> set[str]:
    """Every verb of the command line, and every one of a group as two words."""

    def below(command: Any, path: str) -> Iterator[str]:
        for name, inner in getattr(command, "commands", {}).items():
            yield f"{path}{name}"
            yield from below(inner, f"{path}{name} ")

    return set(below(typer.main.get_command(app), ""))


def test_every_event_has_a_chapter_and_every_earlier_name_a_row():
    text = (DOCS / "events.md").read_text("utf-8")
    assert re.findall(r"^### `(.+)`$", text, re.MULTILINE) == list(BY_TAG)
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([a-z. ]+)`? \|$", text, re.MULTILINE))
    assert rows == BUS_NAMES | dict.fromkeys(BUS_NAMES_WITHOUT_EVENT, "none yet")


def test_the_page_on_events_is_current():
    ended = subprocess.run([sys.executable, DOCS / "events_page.py", "--check"], cwd=DOCS)
    assert ended.returncode == 0


def test_every_exit_status_is_explained():
    raised = {error.exit_status for error in _below(errors.UetError)}
    others = {0, account._INTERRUPTED, account._CONFLICT, failures.BUG, failures.TRY_LATER}
    text = (DOCS / "operate.md").read_text("utf-8")
    explained = {int(status) for status in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert raised | others | {3, 4} == explained
    listed = re.findall(r"^\| (\d+) \|", (DOCS / "cli.md").read_text("utf-8"), re.MULTILINE)
    assert set(map(int, listed)) == raised | others


def _below(error: type[errors.UetError]) -> Iterator[type[errors.UetError]]:
    for each in error.__subclasses__():
        yield each
        yield from _below(each)


@pytest.mark.parametrize(
    ("schema", "title"),
    [("uet", "uet.toml"), ("workstream", "A workstream")],
    ids=["uet.toml", "workstream"],
)
def test_every_key_has_a_row_with_its_default(schema, title):
    document = json.loads((ROOT / "schema" / f"{schema}.schema.json").read_text())
    text = (DOCS / "configuration.md").read_text("utf-8")
    chapter = re.split(r"^## ", text, flags=re.MULTILINE)
    (rows,) = (part for part in chapter if part.startswith(f"{title}\n"))
    told = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \| .+ \|$", rows, re.MULTILINE))
    assert {key: _plain(default) for key, default in told.items()} == dict(_keys(document))


def _plain(cell: str) -> object:
    cell = cell.strip()
    return cell if cell in {"–", "required"} else tomllib.loads(f"it = {cell.strip('`')}")["it"]


def _keys(schema: Any, node: Any = None, path: str = "") -> Iterator[tuple[str, object]]:
    """Every key that may be written, by its path; `NAME` stands for one that a person chooses."""
    node = schema if node is None else node
    for name, each in node.get("properties", {}).items():
        tables = {
            f"{path}{name}{end}.": schema["$defs"][part["$ref"].rsplit("/", 1)[-1]]
            for part, end in _parts(each)
            if part.get("$ref", "#/$defs/JsonValue") != "#/$defs/JsonValue"
        }
        # A table is told by its keys; a scope may be a list as well.
        if not tables or name == "files_scope":
            default = "required" if name in node.get("required", ()) else each.get("default")
            yield f"{path}{name}", "–" if default is None else default
        for below, table in tables.items():
            yield from _keys(schema, table, below)


def _parts(each: Any, end: str = "") -> Iterator[tuple[Any, str]]:
    """A type, those it may be instead, and those it holds."""
    yield each, end
    for part in [*each.get("anyOf", ()), *each.get("oneOf", ())]:
        yield from _parts(part, end)
    for part in each.get("patternProperties", {}).values():
        yield from _parts(part, ".NAME")
    if isinstance(more := each.get("additionalProperties"), dict):
        yield from _parts(more, ".NAME")
    if "items" in each:
        yield from _parts(each["items"], "[]")


def test_every_variable_has_a_row_with_its_key():
    text = (DOCS / "configuration.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(UET_[A-Z_]+)` \| `([^`]+)` \|$", text, re.MULTILINE))
    assert rows == {name: ".".join(keys) for name, (keys, _) in VARIABLES.items()}
