"""The task registry."""
