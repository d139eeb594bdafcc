"""What if? The production kernel in a world of virtual time, and what it knows of durations."""
