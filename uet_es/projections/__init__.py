"""What analysts see: read models over the log. They look, they never touch."""
