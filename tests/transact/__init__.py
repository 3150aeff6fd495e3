"""Tests of the transaction layer, without the protocol."""
