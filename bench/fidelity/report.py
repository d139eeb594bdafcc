"""The table, and what it comes to."""

from bench.fidelity.plans import COMPUTING
from bench.fidelity.predictions import chosen_right

TUNED = range(16)  #: seeds that the model was looked at with; the others never were
#: What is promised on the others: (median, 95th percentile) of the error.
TARGETS = {"waiting": (0.03, 0.12), "computing": (0.08, 0.12)}


def table(predictions):
    """One line for each prediction of another count."""
    yield (
        "| seed | plan | log of | predicted | measured | spread | error |"
        " work / workers | critical path |"
    )
    yield "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    for p in predictions:
        if p.source != p.workers:
            spread = (p.most - p.least) / p.measured
            yield (
                f"| {p.seed} | {p.sort}, {p.workers} workers | {p.source} | {_s(p.ours)} |"
                f" {_s(p.measured)} | {spread:.1%} | {p.ours / p.measured - 1:+.1%} |"
                f" {p.shared / p.measured - 1:+.0%} | {p.path / p.measured - 1:+.0%} |"
            )


def summary(predictions):
    """Errors by whether cores are shared and whether the seed was tuned on."""
    yield (
        "| seeds | work | predictions | median error | 95th percentile | spread of repeats |"
        " work / workers | critical path | best count right |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for tuned in (True, False):
        for work in TARGETS:
            mine = _mine(predictions, tuned, work)
            if mine:
                yield _line("tuned on" if tuned else "others", work, mine)
    others = [p for p in predictions if p.seed not in TUNED]
    if others:
        yield _line("others", "all", others)


def _mine(predictions, tuned, work):
    return [
        p
        for p in predictions
        if (p.seed in TUNED) == tuned and (p.sort in COMPUTING) == (work == "computing")
    ]


def _line(seeds, work, mine):
    rows = [p for p in mine if p.source != p.workers]
    errors = sorted(p.error() for p in rows)
    shared = sorted(p.error(p.shared) for p in rows)
    path = sorted(p.error(p.path) for p in rows)
    spreads = sorted((p.most - p.least) / p.measured for p in rows)
    asked = sorted({(p.seed, p.source) for p in mine})
    right = sum(chosen_right([p for p in mine if p.seed == seed], source) for seed, source in asked)
    return (
        f"| {seeds} | {work} | {len(rows)} | {_at(errors, 0.5):.1%} | {_at(errors, 0.95):.1%} |"
        f" {_at(spreads, 0.5):.1%} | {_at(shared, 0.5):.0%} | {_at(path, 0.5):.0%} |"
        f" {right}/{len(asked)} |"
    )


def _at(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def _s(us):
    return f"{us / 1e6:.3f} s"
