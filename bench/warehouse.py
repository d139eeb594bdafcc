"""The warehouse: rebuilding beside DuckDB alone, catching up, the page of queries, and memory.

``python -m bench.warehouse ENTRIES`` does the same with fewer entries.
"""

import re
import subprocess
import sys
import tempfile
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import duckdb

from bench.analysts import add_run, fill, plan_of
from bench.measure import Row, at_most, paired, timed
from uet_es.log.store import Log
from uet_es.projections.disposal import forget
from uet_es.projections.loading import ROW, reader
from uet_es.projections.warehouse import Warehouse
from uet_es.values import RunId

ENTRIES = 1_000_000
WORKSTREAMS = 1000  #: of each run
NEWS = 100  #: entries of a run that a warehouse catches up with
PAGE = Path(__file__).parents[1] / "docs" / "queries.md"
PEAK = """
import resource, sys
from pathlib import Path
from uet_es.log.store import Log
from uet_es.projections.warehouse import Warehouse
UNIT = 1 if sys.platform == "darwin" else 1024
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
with Log.open(Path(sys.argv[1])) as log, Warehouse.open(Path(sys.argv[2]), log) as warehouse:
    before = peak()
    warehouse.catch_up()
    print(peak() - before)
"""


def rows(entries=ENTRIES):
    """A store of so many entries, in runs of a thousand workstreams."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Log.open(folder / "log.db", create=True) as log:
            number = _grow(log, entries // 4, 1)
            small = _peak(folder)
            number = _grow(log, entries, number)
            large = _peak(folder)
            news = _news(number)
            log.append(RunId(f"run-{number}"), next(news))
            rebuilt = yield from _rebuild(folder, log)
            yield from _catch_up(folder, log, RunId(f"run-{number}"), news, rebuilt)
            yield from _queries(folder, log)
        ratio = large / small
        what = f"memory: rebuild of {entries:,} / {entries // 4:,}"
        yield Row(what, large / 1e6, small / 1e6, ratio, "≤ 1.5 ×", ratio <= 1.5, "MB")


def _grow(log, entries, number):
    """Add runs until there are so many entries; the number of the next run."""
    while log.arrivals.newest_position() < entries:
        fill(log, 1, WORKSTREAMS, first=number)
        number += 1
    return number


def _news(number):
    """One more run: the first half of its entries, then bit after bit; whole turns all of them."""
    with Log.in_memory() as aside:
        run = RunId(f"run-{number}")
        add_run(aside, run, plan_of(WORKSTREAMS, number), number)
        entries, size = list(aside.entries(run)), 0
    batch, size = [], len(entries) // 2
    for entry in entries:
        if entry.stream == run and len(batch) >= size:
            yield batch
            batch, size = [], NEWS
        batch.append(entry)


def _rebuild(folder, log):
    path, file = folder / "warehouse.duckdb", folder / "entries.ndjson"
    with file.open("wb") as whole:
        whole.writelines(log.arrivals.text(0, log.arrivals.newest_position()))
    entries = log.arrivals.newest_position()
    guessed = f"read_json('{file}', format = 'newline_delimited', sample_size = -1)"
    told = reader(file, ROW)

    def ours():
        forget(path)
        return timed(partial(_caught_up, path, log))

    numbers = count()

    def peer(source):
        with duckdb.connect(str(folder / f"peer{next(numbers)}.duckdb")) as connection:
            create = f"CREATE TABLE entries AS SELECT * FROM {source}"
            return timed(lambda: connection.execute(create))

    rebuilt, alone, ratio = paired(ours, lambda: peer(guessed), rounds=3)
    yield at_most(f"rebuild of {entries:,} entries / read_json", 3.0, rebuilt, alone, ratio)
    alone = median(peer(told) for _ in range(3))
    yield Row("rebuild / read_json told the types", rebuilt, alone, rebuilt / alone, "–", True)
    return rebuilt


def _catch_up(folder, log, run, news, rebuilt):
    """Opening it included, as every question does."""

    def ours():
        log.append(run, next(news))
        return timed(partial(_caught_up, folder / "warehouse.duckdb", log))

    seconds, peer, ratio = paired(ours, lambda: rebuilt)
    yield at_most(f"catch up with {NEWS} entries / rebuild", 0.02, seconds, peer, ratio)


def _caught_up(path, log):
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        assert not warehouse.unreadable


def _queries(folder, log):
    """The slowest one of the page beside reading every column of every entry."""
    with (
        Warehouse.open(folder / "warehouse.duckdb", log) as warehouse,
        warehouse.reading() as connection,
    ):
        columns = [row[0] for row in connection.execute("DESCRIBE entries").fetchall()]
        scan = f"SELECT {', '.join(f'max({column})' for column in columns)} FROM entries"
        ((newest_us,),) = connection.execute("SELECT max(at_us) FROM entries").fetchall()

        def asked(statement):
            return timed(lambda: connection.execute(statement).fetchall())

        page = {
            title: statement.replace("now()", f"make_timestamp({newest_us})")
            for title, statement in _page()
        }
        took = {title: median(asked(page[title]) for _ in range(3)) for title in page}
        slowest = max(took, key=took.__getitem__)
        ours, peer, ratio = paired(partial(asked, page[slowest]), partial(asked, scan), rounds=9)
        what = f"slowest of {len(page)} queries / plain scan"
        yield at_most(f"{what}: {slowest}", 2.0, ours, peer, ratio)


def _page():
    """Title and statement of each query."""
    for chapter in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        found = re.search(r"^```sql\n(.*?)^```$", chapter, re.DOTALL | re.MULTILINE)
        yield chapter.partition("\n")[0], found[1]


def _peak(folder):
    """By how many bytes the memory of a process grows that rebuilds the warehouse."""
    path = folder / "measured.duckdb"
    ended = subprocess.run(
        [sys.executable, "-c", PEAK, str(folder / "log.db"), str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    forget(path)
    return int(ended.stdout)


if __name__ == "__main__":
    for row in rows(*map(int, sys.argv[1:2])):
        print(f"{row.what}: {row.ours:.4f} {row.peer:.4f} {row.ratio:.4f} {row.floor} {row.met}")
