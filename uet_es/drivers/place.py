"""Where uet stands: the folder it works in, its state, and the repository if there is one."""

from pathlib import Path

import msgspec

from uet_es.world import repository, state_folder


class Place(msgspec.Struct, frozen=True):
    """A working folder."""

    root: Path  #: what attempts without a worktree work in, and worktrees are copies of
    state: Path  #: ``.uet``; may not exist yet
    repository: Path | None  #: top of the user's working tree
    #: Most pages that the store may have, None for no limit: ``UET_STORE_MAX_PAGES``, with which
    #: anybody can see what a full disk does.
    max_page_count: int | None = None

    @property
    def store(self) -> Path:
        """The log's file."""
        return self.state / "log.db"

    @property
    def warehouse(self) -> Path:
        """What analysts ask; may not exist yet, and may be removed at any time."""
        return self.state / "warehouse.duckdb"


def find_place(start: Path, max_page_count: int | None = None) -> Place:
    """The place that ``start`` belongs to; nothing is made.

    A repository's top folder; elsewhere the nearest folder upwards with a ``.uet``, else
    ``start`` itself.

    Raises:
        UsageError: the repository is bare.
    """
    start = start.resolve()
    found = repository.find(start)
    if found is not None:
        return Place(found.top, found.top / state_folder.NAME, found.top, max_page_count)
    for folder in (start, *start.parents):
        if (folder / state_folder.NAME / "log.db").exists():
            return Place(folder, folder / state_folder.NAME, None, max_page_count)
    return Place(start, start / state_folder.NAME, None, max_page_count)
