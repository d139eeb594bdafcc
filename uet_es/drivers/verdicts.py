"""Does one recorded log still hold? The whole verdict on it, in words for people."""

import msgspec

from uet_es.drivers.divergence import Divergence
from uet_es.drivers.expectation import unexpected
from uet_es.drivers.histories import History
from uet_es.drivers.verify import decided_again
from uet_es.errors import LogError
from uet_es.values import RunId


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of deciding one log again."""

    log: str
    entries: int = 0  #: that were decided the same
    divergence: Divergence | None = None
    problems: tuple[str, ...] = ()  #: the log cannot be read, or leads elsewhere

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.divergence is None and not self.problems

    def __str__(self) -> str:
        """What is wrong, for a person who has to mend it."""
        if self.divergence is not None:
            return f"{self.log}: {self.divergence}"
        return "\n".join(self.problems) or f"{self.log}: {self.entries} entries decided the same"

    def document(self) -> dict[str, object]:
        """What ``verify --json`` prints of it."""
        found = self.divergence
        return {
            "log": self.log,
            "holds": self.holds,
            "entries": self.entries,
            "divergence": None
            if found is None
            else {
                "seq": found.seq,
                "recorded": msgspec.to_builtins(found.recorded),
                "expected": msgspec.to_builtins(found.expected),
                "state": list(found.state),
            },
            "problems": list(self.problems),
        }


def judge(history: History, *, structural: bool = False) -> Verdict:
    """Decide ``history`` again, and hold its end against what is expected of it."""
    name = history.name
    try:
        ledger, divergence = decided_again(RunId(name), history.entries(), structural=structural)
    except LogError as error:
        said = str(error)
        return Verdict(log=name, problems=(said if said.startswith(name) else f"{name}: {said}",))
    if divergence is not None:
        return Verdict(log=name, entries=divergence.seq - 1, divergence=divergence)
    if not ledger.seq:
        return Verdict(log=name, problems=(f"{name}: holds no entry",))
    wrong: tuple[str, ...] = ()
    if history.expect is not None and history.expect.is_file():
        wrong = tuple(unexpected(history.expect, ledger, structural=structural))
    return Verdict(log=name, entries=ledger.seq, problems=wrong)
