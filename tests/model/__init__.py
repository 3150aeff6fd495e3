"""The Python twins by themselves: against mpmath, and by the properties the protocol relies on."""
