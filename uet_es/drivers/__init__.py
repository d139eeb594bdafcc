"""What drives a run: one loop, many worlds."""
