"""The rules of the Trace Event Format, as its readers apply them to what they are given."""

from collections import defaultdict

NEEDED = {
    "M": {"name", "pid", "tid", "args"},
    "X": {"name", "cat", "pid", "tid", "ts", "dur", "args"},
    "s": {"name", "cat", "pid", "tid", "ts", "id"},
    "f": {"name", "cat", "pid", "tid", "ts", "id", "bp"},
    "C": {"name", "pid", "tid", "ts", "args"},
    "i": {"name", "cat", "pid", "tid", "ts", "s", "args"},
}
MAY = {"X": {"cname"}}
METADATA = {"process_name", "process_sort_index", "thread_name", "thread_sort_index"}


def of_phase(trace, phase):
    return [event for event in trace["traceEvents"] if event["ph"] == phase]


def broken_rules(trace):
    """Everything that a reader would pass over, mend or misread; empty if there is nothing."""
    told = [f"{key} is missing" for key in ("traceEvents", "displayTimeUnit") if key not in trace]
    for event in trace["traceEvents"]:
        told += _form(event)
    if not told:
        told = [*_names(trace), *_nesting(trace), *_arrows(trace), *_counters(trace)]
    return told


def _form(event):
    phase = event.get("ph")
    if phase not in NEEDED:
        return [f"no such phase: {event}"]
    keys = set(event) - {"ph"} - MAY.get(phase, set())
    if keys != NEEDED[phase]:
        return [f"{phase} has {sorted(keys)}"]
    told = []
    numbers = [event[key] for key in ("pid", "tid", "ts", "dur", "id") if key in event]
    if any(type(number) is not int or number < 0 for number in numbers):
        told.append(f"no number: {event}")
    if not isinstance(event["name"], str) or not event["name"]:
        told.append(f"no name: {event}")
    if phase == "M" and event["name"] not in METADATA:
        told.append(f"no metadata: {event}")
    if phase == "i" and event["s"] not in {"g", "p", "t"}:
        told.append(f"no scope: {event}")
    if phase == "f" and event["bp"] != "e":
        told.append(f"bound to what comes next: {event}")
    return told


def _names(trace):
    """Every process and thread that is used has one name, and no thread number two meanings."""
    processes, threads, told = {}, {}, []
    for event in of_phase(trace, "M"):
        if event["name"] == "process_name":
            told += [f"named twice: {event}"] if event["pid"] in processes else []
            processes[event["pid"]] = event["args"]["name"]
        if event["name"] == "thread_name":
            told += [f"named twice: {event}"] if event["tid"] in threads else []
            threads[event["tid"]] = event["pid"]
    for event in trace["traceEvents"]:
        if event["ph"] == "M":
            continue
        if event["pid"] not in processes or threads.get(event["tid"]) != event["pid"]:
            told.append(f"nowhere: {event}")
    return told


def _nesting(trace):
    """Slices of a thread lie beside or inside each other, and outer ones are told first."""
    told = []
    for slices in _slices(trace).values():
        stack = []
        for event in sorted(slices, key=lambda e: e["ts"]):  # stable: as readers sort
            end = event["ts"] + event["dur"]
            while stack and stack[-1] <= event["ts"]:
                stack.pop()
            if stack and end > stack[-1]:
                told.append(f"overlaps: {event}")
            stack.append(end)
    return told


def _arrows(trace):
    """Each has a beginning and an end, both inside a slice, in this order."""
    slices, told = _slices(trace), []
    starts = {event["id"]: event for event in of_phase(trace, "s")}
    ends = {event["id"]: event for event in of_phase(trace, "f")}
    if starts.keys() != ends.keys() or len(starts) != len(of_phase(trace, "s")):
        return ["arrows without end or beginning"]
    for id, start in starts.items():
        if start["ts"] > ends[id]["ts"]:
            told.append(f"leads back: {start}")
        for event in (start, ends[id]):
            place = slices[event["pid"], event["tid"]]
            if not any(s["ts"] <= event["ts"] < s["ts"] + s["dur"] for s in place):
                told.append(f"hangs in the air: {event}")
    return told


def _counters(trace):
    """Values are numbers and come in order of time, one at each instant."""
    told, last = [], {}
    for event in of_phase(trace, "C"):
        if event["ts"] <= last.get(event["name"], -1):
            told.append(f"out of order: {event}")
        last[event["name"]] = event["ts"]
        if not all(type(value) in (int, float) for value in event["args"].values()):
            told.append(f"no number: {event}")
    return told


def _slices(trace):
    found = defaultdict(list)
    for event in of_phase(trace, "X"):
        found[event["pid"], event["tid"]].append(event)
    return found
