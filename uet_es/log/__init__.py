"""The log: every entry of every run in one immutable store, chained, readable, never repaired."""
