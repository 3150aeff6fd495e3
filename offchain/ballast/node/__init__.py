"""Talking to a node: its address, the connection, what it answers, and what its errors mean."""
