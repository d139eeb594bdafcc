"""Path patterns: one spelling for each, and whether two can name the same file."""


def normalise(pattern: str) -> str:
    """The one spelling of ``pattern``: ``/`` between parts, no ``./``, ``//`` or trailing ``/``.

    A directory needs no slash at its end: every pattern also covers what lies below it.

    Raises:
        ValueError: absolute, empty, with a drive letter or with ``..`` in it.
    """
    raise NotImplementedError


def overlap(a: str, b: str) -> bool:
    """Whether two normalised patterns can name the same file."""
    raise NotImplementedError


def covers(pattern: str, path: str) -> bool:
    """Whether the normalised ``pattern`` names ``path`` or a directory above it."""
    raise NotImplementedError
