"""A warehouse holds nothing that the log does not: it may go at any time."""

from pathlib import Path


def forget(path: Path) -> bool:
    """Remove the warehouse at ``path``; whoever has it open keeps what they have."""
    was_there = path.exists()
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    return was_there
