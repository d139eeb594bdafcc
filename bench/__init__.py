"""How fast, as ratios: ours and a peer side by side in one run, never absolute times."""
