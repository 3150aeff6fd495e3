"""A local chain to build against: the protocol deployed, participants funded and registered, a class open for tasks.

The chain's clock agrees with the wall clock and blocks are mined at fixed intervals. Epoch 1 lies before the start, so
that capacities, which count from the epoch after registration, count at once.
"""

from ballast.devnet.population import DERIVATION, MNEMONIC, Devnet, Participant, populate

__all__ = ["DERIVATION", "MNEMONIC", "Devnet", "Participant", "populate"]
