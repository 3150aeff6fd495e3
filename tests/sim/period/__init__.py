"""The period, part by part, and whole markets played by it."""
