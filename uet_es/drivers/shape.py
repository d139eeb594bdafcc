"""What is left of an event without when and where it happened: for comparing across runs."""

from collections.abc import Mapping

from uet_es.events.base import Fact

#: Never compared: numbers of processes, runs and places in streams; what people and tools wrote.
CHANCE = frozenset(
    {"pid", "offset", "inbox_version", "at_seq", "run", "parent", "by", "message", "text", "uet"}
)
#: The same work leaves another commit each time, and other bytes in what it prints.
WORK = frozenset({"commit", "base", "ours", "theirs"})
_MEASURED = ("_us", "_bytes", "_sha256")


def shape_of(event: Fact, *, work: bool = True) -> Mapping[str, object]:
    """The fields of ``event`` that say what happened, by name.

    Without ``work``, commits are left out as well: two runs never share them.
    """
    return {
        name: getattr(event, name)
        for name in event.__struct_fields__
        if not name.endswith(_MEASURED) and name not in CHANCE and (work or name not in WORK)
    }


def alike(one: Fact, other: Fact, *, work: bool = True) -> bool:
    """Whether the same happened, whenever and under whatever numbers."""
    if one == other:
        return True
    return type(one) is type(other) and shape_of(one, work=work) == shape_of(other, work=work)
