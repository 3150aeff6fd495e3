"""Taking part without code: a key, an escrow account, and the funds in it."""
