"""Sending transactions with one key, whatever they are for: nodes, journal, flight, sender, conditions, metrics."""
