"""Whether somebody else uses the machine: what is measured then says little about anything."""

import os
import time
from pathlib import Path

#: Share of all cores that others may use while something is measured.
QUIET = 0.06
_LOOK_S = 0.2


class Watch:
    """How much of the cores others use from now on."""

    def __init__(self):
        self._began = self._now()

    def others(self):
        """Their share of all cores so far, from 0 to 1."""
        at, busy, own = (b - a for a, b in zip(self._began, self._now(), strict=True))
        return max(0.0, busy - own) / (at * (os.cpu_count() or 1))

    @staticmethod
    def _now():
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        user, nice, system, _, _, irq, softirq, steal = map(int, words)
        busy = user + nice + system + irq + softirq + steal
        return time.monotonic(), busy / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])


def wait_for_quiet(patience_s):
    """Wait until nobody else computes; after ``patience_s`` go on in any case."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        watch = Watch()
        time.sleep(_LOOK_S)
        if watch.others() < QUIET:
            return
