"""One contract at a time, through its external functions, on titanoboa."""
