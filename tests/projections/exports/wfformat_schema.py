"""What WfFormat 1.5 demands, as a JSON Schema: its required fields, types and letters.

Written down from the published schema (github.com/wfcommons/WfFormat) without its texts; what
`uet` never writes (authors, energy, memory) is left out, and what it writes is closed: a misspelt
field is a mistake here and not an extension.
"""

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "number"}
NAMES = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[0-9a-zA-Z-_.]*$"},
    "uniqueItems": True,
}
INSTANT = {"type": "string", "format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"}


def _object(properties, *required):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items, least=0):
    return {"type": "array", "minItems": least, "items": items}


SPECIFIED = _object(
    {
        "name": TEXT,
        "id": TEXT,
        "parents": NAMES,
        "children": NAMES,
        "inputFiles": NAMES,
        "outputFiles": NAMES,
    },
    *("name", "id", "parents", "children"),
)
FILE = _object({"id": TEXT, "sizeInBytes": {"type": "integer", "minimum": 0}}, "id", "sizeInBytes")
EXECUTED = _object(
    {
        "id": TEXT,
        "runtimeInSeconds": NUMBER,
        "command": _object({"program": TEXT, "arguments": _list(TEXT)}),
        "coreCount": {"type": "number", "minimum": 1},
        "avgCPU": NUMBER,
        "machine": TEXT,
        # Not in the schema, but what WfCommons itself writes and reads of a task.
        "machines": _list(TEXT, least=1),
        "executedAt": INSTANT,
    },
    *("id", "runtimeInSeconds"),
)
MACHINE = _object(
    {
        "nodeName": {**TEXT, "format": "hostname"},
        "cpu": _object({"coreCount": {"type": "integer", "minimum": 1}}),
    },
    "nodeName",
)
WORKFLOW = _object(
    {
        "specification": _object(
            {"tasks": _list(SPECIFIED, least=1), "files": _list(FILE)}, "tasks"
        ),
        "execution": _object(
            {
                "makespanInSeconds": NUMBER,
                "executedAt": TEXT,
                "tasks": _list(EXECUTED, least=1),
                "machines": _list(MACHINE, least=1),
            },
            *("makespanInSeconds", "executedAt", "tasks"),
        ),
    },
    "specification",
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        {
            "name": TEXT,
            "description": TEXT,
            "createdAt": INSTANT,
            "schemaVersion": {"enum": ["1.5"]},
            "runtimeSystem": _object({"name": TEXT, "version": TEXT}, "name", "version"),
            "workflow": WORKFLOW,
        },
        *("name", "schemaVersion", "workflow"),
    ),
}
