"""What programs that deal with the protocol use."""
