"""Runs to report on, and pages as a test reads them."""

import json
from html.parser import HTMLParser

from msgspec.structs import replace

from tests.builders import accepted, exited, spec, staffed, started, unstarted, used
from tests.projections.exports.samples import BEGUN_US
from uet_es.kernel import Ledger, turn
from uet_es.log.store import Log
from uet_es.projections.report import write_report
from uet_es.values import SECOND_US

#: Would set window.hurt, if any of it were more than text.
HURTING = "</script><img src=x onerror='window.hurt=1'><script>window.hurt=1</script>&lt;b&gt;"
VOID = {"meta", "br", "img", "input", "link", "hr"}


def hostile():
    """A run in which everything that may hold any text holds HTML."""
    log, ledger = Log.in_memory(), Ledger("run-1")
    id = f"a{HURTING}"
    story = [
        accepted(spec(id, tool=HURTING), spec("b", (id,)), spec("c"), source=HURTING),
        *staffed(1, 2),
        started("c"),
        replace(used("c", input_tokens=7, output_tokens=2, cost_nanousd=3), model=HURTING),
        unstarted(id, message=f"no such {HURTING}"),
        exited("c", took_us=SECOND_US),
    ]
    for number, observation in enumerate(story):
        log.append("run-1", turn(ledger, BEGUN_US + number * SECOND_US, observation))
    assert ledger.run.outcome == "failed"
    return log


class Page(HTMLParser):
    """A page as a browser's parser sees it."""

    def __init__(self, file):
        super().__init__(convert_charrefs=True)
        self.tags = []  #: (name, attributes), in order
        self.headings = []  #: (level, text)
        self.texts = {}  #: by id, of elements that have one
        self.words = []  #: what a reader sees
        self.tables = []  #: names of the elements of each
        self._path = []
        self.feed(file.read_text("utf-8"))
        self.close()
        assert self._path == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag in VOID:
            return
        self._path.append((tag, attributes.get("id")))
        if tag in {"h1", "h2", "h3"}:
            self.headings.append([int(tag[1]), ""])
        if tag == "table":
            self.tables.append([])
        if self.tables and any(name == "table" for name, _ in self._path):
            self.tables[-1].append((tag, attributes))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self._path.pop()[0] == tag, (tag, self.getpos())

    def handle_data(self, text):
        for _, id in self._path:
            if id:
                self.texts[id] = self.texts.get(id, "") + text
        names = [name for name, _ in self._path]
        if "script" in names or "style" in names:
            return
        self.words += text.split()
        if self.headings and names and names[-1] in {"h1", "h2", "h3"}:
            self.headings[-1][1] += text

    def document(self, id):
        """The JSON of a script element."""
        return json.loads(self.texts[id])

    @property
    def text(self):
        return " ".join(self.words)


def page_of(warehouse, folder, run="run-1", points=()):
    """The page of a run, written anew."""
    file = folder / f"{run}.html"
    file.unlink(missing_ok=True)
    write_report(warehouse, run, file, points)
    return Page(file)
