"""What the bench compares the simulation with.

``mesa_market.py`` and ``verbs_calls.py`` run in an environment of their own, which is made for the bench alone; the
other modules know what to ask them.
"""
