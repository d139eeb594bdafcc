"""``python -m bench [NAME…]``: print the table; exit 1 if a floor is not met."""

import sys

from bench import dispatch, record, simulation, startup, warehouse

PARTS = {
    "startup": startup.rows,
    "record": record.rows,
    "simulation": simulation.rows,
    "dispatch": dispatch.rows,
    "warehouse": warehouse.rows,
}


def main():
    """Measure what was named, or everything."""
    missed = 0
    print(f"{'what':<46}{'ours':>12}{'peer':>12}{'ratio':>8}  floor")
    for name in sys.argv[1:] or PARTS:
        for row in PARTS[name]():
            missed += not row.met
            mark = "" if row.met else "   MISSED"
            print(
                f"{row.what:<46}{_figure(row.ours, row.unit):>12}{_figure(row.peer, row.unit):>12}"
                f"{row.ratio:>7.3g}×  {row.floor}{mark}",
                flush=True,
            )
    return 1 if missed else 0


def _figure(value, unit):
    if unit == "MB":
        return f"{value:,.0f} MB"
    if unit == "/s":
        return f"{value:,.0f}/s"
    return f"{value * 1e6:.1f} µs" if value < 0.001 else f"{value:.3f} s"


if __name__ == "__main__":
    sys.exit(main())
