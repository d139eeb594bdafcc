"""Run many developer workstreams in parallel on one durable, replayable log."""

__version__ = "0.1.0"
