"""Object-centric event logs, OCEL 2.0: what pm4py and others read."""
