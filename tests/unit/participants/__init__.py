"""The participant registry."""
