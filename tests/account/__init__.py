"""Taking part without code."""
