"""Tests of the documentation: what it prints works, what it links is there, its site can be built."""
