"""State machines: long runs of arbitrary steps, and what must hold after each."""
