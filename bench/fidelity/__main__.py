"""``python -m bench.fidelity [--seeds 0-31] [--counts 1,2,4] [--repeats 3]``: run, predict, print.

Repeats are made in rounds over all plans and counts, so that a bad minute of the machine does not
fall on one plan. A run beside which others used the cores is made again, once; that is judged by
their CPU time alone, never by the result.
"""

import argparse
import sys
import time

from bench.fidelity.plans import draw
from bench.fidelity.predictions import predict
from bench.fidelity.quiet import QUIET, Watch, wait_for_quiet
from bench.fidelity.real import folder_for_runs, measure
from bench.fidelity.report import summary, table


def main():
    """Print the table and the summary."""
    wanted = _arguments()
    began = time.monotonic()
    folder = folder_for_runs()
    drawn = [draw(seed) for seed in wanted.seeds]
    runs = {d.seed: {count: [] for count in wanted.counts} for d in drawn}
    disturbed = 0
    for repeat in range(wanted.repeats):
        for d in drawn:
            for count in wanted.counts:
                place = folder / f"seed{d.seed}-workers{count}-repeat{repeat}"
                measured, others = _undisturbed(d.plan, count, place, wanted.patience)
                disturbed += others > QUIET
                runs[d.seed][count].append(measured)
                _progress(d, count, repeat, measured, others)
    predictions = [p for d in drawn for p in predict(d, runs[d.seed])]
    print(*table(predictions), "", *summary(predictions), sep="\n")
    number = len(drawn) * len(wanted.counts) * wanted.repeats
    print(
        f"\n{number} runs in {time.monotonic() - began:.0f} s; beside {disturbed} of them others"
        f" used more than {QUIET:.0%} of the cores"
    )


def _undisturbed(plan, count, place, patience_s):
    """A run, and the share of the cores that others used; made again once if that is too much."""
    tries = []
    for attempt in range(2):
        wait_for_quiet(patience_s)
        watch = Watch()
        measured = measure(plan, count, place / str(attempt))
        tries.append((watch.others(), attempt, measured))
        if tries[-1][0] <= QUIET:
            break
    others, _, measured = min(tries)
    return measured, others


def _progress(drawn, count, repeat, measured, others):
    print(
        f"seed {drawn.seed} {drawn.sort}, {count} workers, repeat {repeat}:"
        f" {measured.makespan_us / 1e6:.3f} s, others {others:.0%}",
        file=sys.stderr,
        flush=True,
    )


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("--seeds", type=_span, default=range(32), help="like 0-3 or 5")
    parser.add_argument("--counts", type=_numbers, default=(1, 2, 4), help="like 1,4")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--patience", type=float, default=5.0, help="seconds to wait for others before each run"
    )
    return parser.parse_args()


def _span(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _numbers(text):
    return tuple(int(word) for word in text.split(","))


if __name__ == "__main__":
    main()
