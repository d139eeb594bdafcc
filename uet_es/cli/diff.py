"""`uet diff`: where two runs part, and what differs in the end."""

from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import print_document, print_table

if TYPE_CHECKING:
    from uet_es.drivers.differences import Difference
    from uet_es.events import Entry

_Named = "Run, .jsonl file or folder of a fixture."


def diff(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help=_Named, show_default=False)],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help=_Named, show_default=False)],
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Name the first entry in which two runs part, and say what differs in the end.

    What happened is compared, and what was decided: not when, nor under which numbers, process
    ids and commits. The plans may be different ones.
    """
    from uet_es.cli.recorded import recorded
    from uet_es.drivers.differences import differences

    with recorded(run_a) as a, recorded(run_b) as b:
        found = differences(a.entries(), b.entries())
        names = (a.name, b.name)
    if wants_json(as_json, output):
        print_document(found.document())
        return
    _print_plan(found, names)
    _print_parting(found, names)
    _print_end(found, names)


def _print_plan(found: "Difference", names: tuple[str, str]) -> None:
    if not found.plan:
        print(f"{names[0]} and {names[1]}: the same plan")
        return
    print(f"{names[0]} and {names[1]}: different plans")
    for line in found.plan:
        print(f"  {line}")


def _print_parting(found: "Difference", names: tuple[str, str]) -> None:
    from uet_es.cli.replay_text import entry_line

    def line(entry: "Entry | None", begun_us: int) -> str:
        return "        nothing: it ends before" if entry is None else entry_line(entry, begun_us)

    print()
    if not found.seq:
        print("they do not part: the same happened, the same was decided")
        return
    width = max(map(len, names))
    print(f"they part at entry {found.seq}")
    for name, entry, begun_us in zip(names, (found.of_a, found.of_b), found.begun_us, strict=True):
        print(f"  {name:<{width}}  {line(entry, begun_us)}")


def _print_end(found: "Difference", names: tuple[str, str]) -> None:
    a, b = found.ends
    rows: list[tuple[object, ...]] = [
        (name.replace("_", " "), _cell(name, getattr(a, name)), _cell(name, getattr(b, name)))
        for name in a.__struct_fields__
        if getattr(a, name) != getattr(b, name)
    ]
    one, other = found.merges
    if one != other:
        place = next(
            (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
            min(len(one), len(other)),
        )
        rows.append(
            (f"merge {place + 1}", *((m[place : place + 1] or ("–",))[0] for m in (one, other)))
        )
    rows += [(id, _standing(was), _standing(now)) for id, (was, now) in found.workstreams.items()]
    print()
    if not rows:
        print("in the end nothing differs")
        return
    print("in the end")
    print_table(("", *names), rows)


def _cell(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f} s"
    if name == "cost_nanousd" and isinstance(value, int):
        return f"{value / 1e9:.6f} USD"
    return (str(value)[:12] if name == "tree" else str(value)) or "–"


def _standing(standing: tuple[str, int] | None) -> str:
    if standing is None:
        return "not planned"
    state, attempts = standing
    return f"{state}, {attempts} attempts" if attempts != 1 else f"{state}, 1 attempt"
