"""The examples, run as anybody would."""
