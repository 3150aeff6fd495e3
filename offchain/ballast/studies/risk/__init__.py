"""Risk for people who put stake at stake: profit and loss by cause, ruin, terms that deter, and a back-test of it."""
