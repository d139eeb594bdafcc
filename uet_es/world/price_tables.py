"""Price tables by name. One that is here never changes: better prices are a table of their own."""

from collections.abc import Mapping
from typing import NamedTuple


class Table(NamedTuple):
    """USD per million tokens, by model as tools report it."""

    version: str
    rows: Mapping[str, Mapping[str, str]]


NAMED: Mapping[str, Table] = {
    # The prices of uet's predecessor, so that its bills can be compared with ours.
    "uet-1": Table(
        version="1",
        rows={
            "claude-3-opus": {"input": "15", "output": "75"},
            "claude-3-sonnet": {"input": "3", "output": "15"},
            "gpt-3.5-turbo": {"input": "1.5", "output": "2"},
            "gpt-4": {"input": "30", "output": "60"},
        },
    ),
}
