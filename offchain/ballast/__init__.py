"""Off-chain half of Ballast: the model (twins of the contracts), the chain client, and the command line."""
