"""The compiled market against the twins it is built from."""
