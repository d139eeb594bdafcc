"""`uet init`: a small plan to begin with."""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import print_document

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SCHEMA_VERSION = 1


def init(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Else the present folder.", show_default=False),
    ] = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Write a small commented plan and a uet.toml; what is there already stays as it is."""
    from uet_es.drivers.place import find_place

    folder = directory or Path()
    if folder.exists() and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is not a folder", param_hint="DIR")
    folder.mkdir(parents=True, exist_ok=True)
    place = find_place(folder)
    plan = folder / "plan"
    templates = files("uet_es.cli") / "templates"
    # A uet.toml counts next to the plan or at the top of the repository, not in between.
    beside = folder if place.root == folder.resolve() else plan
    written, kept = [], []
    for target, template in _targets(plan, beside, templates):
        if target.exists():
            kept.append(str(target))
        else:
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(template.read_bytes())
            written.append(str(target))
    steps = _next_steps(folder, plan, place.repository)
    if wants_json(as_json, output):
        print_document(
            {"schema_version": SCHEMA_VERSION, "written": written, "kept": kept, "next": steps}
        )
        return
    for name in written:
        print(f"wrote  {name}")
    for name in kept:
        print(f"kept   {name} (it was there before)")
    print("next:")
    for step in steps:
        print(f"  {step}")


def _targets(
    plan: Path, beside: Path, templates: "Traversable"
) -> "list[tuple[Path, Traversable]]":
    """What to write where; a plan that is there already is not mixed with ours."""
    config = templates / "uet.toml"
    targets = [(beside / "uet.toml", config)]
    ours = sorted((templates / "plan").iterdir(), key=lambda each: each.name)
    known = {each.name for each in ours}
    if plan.is_dir() and any(each.name not in {*known, "uet.toml"} for each in plan.iterdir()):
        return [*targets, (plan, config)]
    return [*targets, *((plan / each.name, each) for each in ours)]


def _next_steps(folder: Path, plan: Path, repository: Path | None) -> list[str]:
    from uet_es.errors import UsageError
    from uet_es.world.repository import head_commit

    steps = [] if folder == Path() else [f"cd {folder}"]
    if repository is not None:
        try:
            head_commit(repository)
        except UsageError:
            steps.append('git add -A && git commit -m "first"   # worktrees start from a commit')
    name = plan.name
    return [*steps, f"uet validate {name}", f"uet run {name}"]
