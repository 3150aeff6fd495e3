"""The EVM within the process, beside py-evm."""
