"""The report of `uet validate`, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from uet_es.cli.printing import count, print_table, seconds

Document = Mapping[str, Any]
_MOST_CONFLICTS = 40


def print_report(document: Document) -> None:
    """Everything in ``document``, the most important first."""
    is_unit = document["time_unit"] == "unit"
    _print_summary(document, is_unit)
    _print_waves(document["parallelism"]["waves"])
    _print_path(document, is_unit)
    _print_conflicts(document["parallelism"])
    _print_estimates(document)


def _print_summary(document: Document, is_unit: bool) -> None:
    parallelism = document["parallelism"]
    one_by_one = document["estimated_duration_seq"]
    print(
        f"valid: {count(document['workstreams'], 'workstream')}, "
        f"{count(document['dependencies'], 'dependency')}"
    )
    print()
    print(f"with {count(document['max_workers'], 'worker')}, durations: {document['durations']}")
    print(f"  makespan     {_span(document['makespan'], is_unit)}")
    print(
        f"  lower bound  {_span(document['lower_bound'], is_unit)} "
        f"(gap {_span(document['gap'], is_unit)})"
    )
    print(f"  one by one   {_span(one_by_one, is_unit)}")
    print(f"  speed-up     {parallelism['estimated_speedup']:.2f}")
    print(f"  at most      {count(parallelism['max_parallelism'], 'workstream')} at once")


def _print_waves(waves: Sequence[Sequence[str]]) -> None:
    print(f"\nwaves ({len(waves)}; what starts together, not a barrier)")
    width = len(str(len(waves)))
    for number, wave in enumerate(waves, start=1):
        print(f"  {number:>{width}}  {', '.join(wave)}")


def _print_path(document: Document, is_unit: bool) -> None:
    path, slack = document["critical_path"], document["slack"]
    print(
        f"\ncritical path ({count(len(path), 'workstream')}, "
        f"{_span(document['critical_path_length'], is_unit)})"
    )
    print(f"  {' → '.join(path)}")
    loose = sorted(((us, id) for id, us in slack.items() if us), reverse=False)
    if loose:
        print("slack (may end later without delaying the rest; without limits on workers)")
        for amount in sorted({each for each, _ in loose}):
            ids = ", ".join(id for each, id in loose if each == amount)
            print(f"  {_span(amount, is_unit)}: {ids}")
    if document["bottlenecks"]:
        print(f"bottlenecks (most others wait for them): {', '.join(document['bottlenecks'])}")


def _print_conflicts(parallelism: Document) -> None:
    total, conflicts = parallelism["conflicts_total"], parallelism["conflicts"]
    if not total:
        print("\nno conflicts")
        return
    print(f"\nconflicts ({total}; these never run at the same time)")
    shown = conflicts[:_MOST_CONFLICTS]
    reasons = {
        "conflict_group": "same conflict_group",
        "parallel_ok": "parallel_ok: false",
    }
    rows = [
        (
            f"  {each['ws_a']}",
            each["ws_b"],
            reasons.get(each["reason"], "files overlap"),
            " | ".join(each["patterns"]),
        )
        for each in shown
    ]
    print_table(("  one", "other", "reason", "patterns"), rows)
    if total > len(shown):
        print(f"  and {total - len(shown)} more (--json lists them)")


def _print_estimates(document: Document) -> None:
    cost, context = document["cost"], document["context"]
    if cost:
        print(
            f"\nestimated cost: {cost['estimated_usd']} USD "
            f"(given by {count(cost['estimated_for'], 'workstream')})"
        )
    if context:
        print(
            f"\nestimated context: {context['estimated_tokens']} tokens, "
            f"{context['largest_tokens']} at most in one "
            f"(given by {count(context['estimated_for'], 'workstream')})"
        )


def _span(amount: float, is_unit: bool) -> str:
    if not is_unit:
        return seconds(round(amount * 1_000_000))
    return count(int(amount), "unit") if amount == int(amount) else f"{amount:.2f} units"
