"""A plausible run to write: the log does not ask whether it makes sense."""

from collections import Counter

from uet_es.events import AnyEvent, Entry
from uet_es.events import decisions as d
from uet_es.events import observations as o
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import RunId, StreamId, WorkerId, WorkstreamId, worker_stream, workstream_stream

START_US = 1_790_000_000_000_000
SECRET = "hunter2-is-the-password"


def plan() -> Plan:
    return Plan(
        workstreams=(
            WorkstreamSpec(
                id=WorkstreamId("api"),
                kind="docs",
                writes=("src/api/**",),
                command=f"curl -H 'Authorization: {SECRET}' x",
                tasks=("Write the API", SECRET),
                resources={"db": 1},
                extra={"ticket": "T-1", "note": {"deep": [SECRET, 3]}, "weight": 0.5},
            ),
            WorkstreamSpec(id=WorkstreamId("inbox"), depends_on=(WorkstreamId("api"),)),
        ),
        limits=Limits(max_workers=2),
        tools={"aider": ("aider", "--message-file", "{prompt_file}")},
        base="a" * 40,
        digest="b" * 64,
    )


def turns(run: RunId, count: int = 3) -> list[list[Entry]]:
    """The first turn accepts a plan; each further one starts, ends and completes an attempt."""
    writer = Writer(run)
    return [writer.accepted(), *(writer.turn() for _ in range(count - 1))]


def entries(run: RunId, count: int = 3) -> list[Entry]:
    return [entry for turn in turns(run, count) for entry in turn]


class Writer:
    """Numbers entries as a driver would."""

    def __init__(self, run: RunId) -> None:
        self.run = run
        self.seq = 0
        self.attempt = 0
        self.versions: Counter[StreamId] = Counter()

    def accepted(self) -> list[Entry]:
        one = WorkerId(1)
        return self._turn(o.PlanAccepted(plan=plan(), uet="0.1.0"), d.WorkerSpawned(worker=one))

    def turn(self) -> list[Entry]:
        """Ten entries, as many of them in the run's stream as in the others."""
        self.attempt += 1
        id, worker, n = WorkstreamId("inbox"), WorkerId(1), self.attempt
        return self._turn(
            o.AttemptExited(
                workstream=id, attempt=n, status=1, took_us=1_000_000, stdout_sha256="c" * 64
            ),
            d.WorkerReleased(worker=worker),
            d.RetryScheduled(
                workstream=id,
                attempt=n,
                worker=worker,
                code="E_TOOL_FAILURE",
                reason="exit",
                message=f"it said {SECRET}",
                not_before_us=START_US + n,
            ),
            d.WorkstreamReadied(workstream=id),
            d.WorkstreamDispatched(workstream=id, attempt=n + 1, worker=worker),
            d.WorkerAssigned(worker=worker, workstream=id, attempt=n + 1),
            d.MergeStarted(workstream=id, attempt=n, commit="d" * 40),
            d.WorkstreamReadied(workstream=WorkstreamId("api")),
            d.RunPaused(),
            d.RunUnpaused(),
        )

    def observed(self, event: AnyEvent) -> list[Entry]:
        """A turn of one observation."""
        return self._turn(event)

    def _turn(self, *events: AnyEvent) -> list[Entry]:
        turn = self.versions[StreamId(self.run)] + 1
        began = self.seq + 1
        return [self._entry(event, turn, began) for event in events]

    def _entry(self, event: AnyEvent, turn: int, began: int) -> Entry:
        stream = StreamId(self.run)
        if isinstance(event, d.WorkerDecision):
            stream = worker_stream(self.run, event.worker)
        elif isinstance(event, d.WorkstreamDecision):
            stream = workstream_stream(self.run, event.workstream)
        self.versions[stream] += 1
        self.seq += 1
        return Entry(
            stream=stream,
            version=self.versions[stream],
            seq=self.seq,
            turn=turn,
            at_us=START_US + self.seq,
            cause=0 if self.seq == began else began,
            followed=self.seq == 3,
            event=event,
        )
