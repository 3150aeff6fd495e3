"""Tests of the comparison with other markets."""
