"""TOUCH: processes, worktrees, merges, signals."""
