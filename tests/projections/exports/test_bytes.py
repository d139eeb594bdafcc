"""The same log gives the same bytes in every process."""

import hashlib
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.projections.exports.samples import LIBRARY, recorded

FORMATS = ("chrome", "ocel.as_sqlite", "ocel.as_json", "wfformat", "parquet", "files")


def digests(folder):
    """Of every file that is exported of the library, by its place."""
    with recorded(LIBRARY) as warehouse:
        for name in FORMATS:
            export = import_module(f"uet_es.projections.exports.{name}").export
            export(warehouse, "run-1", folder / name)
    return "\n".join(
        f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    )


@pytest.mark.slow
def test_neither_hash_seed_nor_locale_nor_the_time_of_day_changes_a_byte(tmp_path):
    (tmp_path / "here").mkdir()
    here = digests(tmp_path / "here")
    assert len(here.splitlines()) > len(FORMATS)
    for seed, locale, zone in (("1", "C", "Asia/Tokyo"), ("2", "C.UTF-8", "America/Lima")):
        (tmp_path / seed).mkdir()
        there = subprocess.run(
            [sys.executable, "-m", "tests.projections.exports.test_bytes", str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert there.stdout.strip() == here, there.stderr


if __name__ == "__main__":
    print(digests(Path(sys.argv[1])))
