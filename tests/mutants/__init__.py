"""Mutants tell whether the tests notice a mistake in a contract.

``make mutants`` draws mistakes by a seed, puts each into a copy of this checkout, and runs the tests that concern it.
A mutant that no test notices survives, and is named. Comments and docstrings are not mutated, nor tests of gas run:
these would notice any change.

``draw``       all mutants of the contracts, by the mutator universalmutator with the operators of ``operators.rules``
``sources``    which lines of a contract are code; which contracts a file is part of; which tests concern it
``trees``      copies of the checkout that take a mutant, compile it and test it
``equivalent.toml``  mutants that do the same as the original, each with the reason
"""
