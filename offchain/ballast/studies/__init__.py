"""Studies: what many runs of the simulator say. Nothing else imports them."""
