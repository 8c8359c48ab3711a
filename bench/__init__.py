"""What digest costs: see README.md for what a benchmark file holds."""
