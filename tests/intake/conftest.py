import json

import pytest

from uet_es.errors import PlanError
from uet_es.intake.load import load_plan


@pytest.fixture
def folder(tmp_path):
    """Write the given files into a folder and return it; what is no text becomes JSON."""

    def write(**files):
        plan = tmp_path / "plan"
        plan.mkdir(exist_ok=True)
        for name, content in files.items():
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            path = plan / name.replace("__", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return plan

    return write


@pytest.fixture
def load(folder):
    """The plan of some documents, read from one JSON array without any surroundings."""

    def read(*documents, **options):
        return load_plan(folder(plan__json=list(documents)), **{"environ": {}} | options)

    return read


@pytest.fixture
def mistakes(load):
    """All that is wrong with some documents, as (id, field, message)."""

    def found(*documents, **options):
        with pytest.raises(PlanError) as refusal:
            load(*documents, **options)
        return [(each.id, each.field, each.message) for each in refusal.value.problems]

    return found


@pytest.fixture
def ws():
    """One small valid document."""

    def document(id, *depends_on, writes=(), **fields):
        return {
            "id": id,
            "run": "true",
            "files_scope": list(writes),
            "depends_on": list(depends_on),
        } | fields

    return document
