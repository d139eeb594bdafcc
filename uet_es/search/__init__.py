"""Better schedules, found before the run: an order, and edges that hold workstreams back."""
