"""Tests of what is said of the paper's claims."""
