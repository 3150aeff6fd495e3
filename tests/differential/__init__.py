"""The Vyper modules against their Python twins: equal to the last unit, on whole domains or by fuzzing.

Each test prints its seed; the environment variable ``BALLAST_SEED`` sets another one.
"""
