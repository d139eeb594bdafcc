"""How right predictions are: real runs, and what the log of one says about the others."""
