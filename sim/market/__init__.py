"""The market as the contracts keep it: exact, stateful and compiled, built from the twins in ``ballast.model``.

``records`` says what is known of an account, a class, a task and the whole; ``steps`` are the steps of a task's life
and ``epochs`` those between epochs, each changing the state as the contracts would, to the unit; ``words`` gives the
state as the contracts store it.
"""
