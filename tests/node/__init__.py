"""Tests of the node client, against real servers with one oddity each."""
