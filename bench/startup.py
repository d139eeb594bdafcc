"""Start-up: help beside a bare typer app, validate beside help."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import at_most, paired, timed
from bench.plans import layered

BARE = """
import typer
app = typer.Typer()
{commands}
app()
"""
COMMAND = """
@app.command()
def c{n}(a: str = typer.Argument(""), b: bool = typer.Option(False, help="b"), c: int = 1) -> None:
    "Do {n}."
"""


def rows():
    """Whole processes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = folder / "bare.py"
        bare.write_text(BARE.format(commands="".join(COMMAND.format(n=n) for n in range(20))))
        uet = str(Path(sys.executable).with_name("uet"))

        def helps():
            return _spent([uet, "--help"])

        ours, peer, ratio = paired(
            helps, lambda: _spent([sys.executable, str(bare), "--help"]), rounds=9
        )
        yield at_most("uet --help / bare typer app", 1.5, ours, peer, ratio)
        for count, limit in ((36, 2.0), (5000, 10.0)):
            plan = _written(folder, count)
            ours, peer, ratio = paired(lambda p=plan: _spent([uet, "validate", p]), helps, rounds=5)
            yield at_most(f"validate {count:,} / uet --help", limit, ours, peer, ratio)


def _spent(words):
    return timed(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL))


def _written(folder, count):
    plan = folder / f"plan{count}"
    plan.mkdir()
    documents = [
        {
            "id": w.id,
            "run": "true",
            "depends_on": list(w.depends_on),
            "files_scope": [f"src/m{n % 97}/f{n}.py", f"tests/t{n}.py"],
        }
        for n, w in enumerate(layered(count, max(2, count // 40)).workstreams)
    ]
    (plan / "all.json").write_text(json.dumps(documents))
    return str(plan)
