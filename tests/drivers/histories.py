"""Histories of runs, drawn by a seed: what the kernel wrote in a world that lies."""

from functools import cache
from tempfile import TemporaryDirectory

from tests.simulation.story import Story


@cache
def drawn(seed):
    """The entries of a run with crashes, requests of people and a retry of what failed."""
    with TemporaryDirectory() as folder:
        return tuple(Story(seed, folder).tell().entries)
