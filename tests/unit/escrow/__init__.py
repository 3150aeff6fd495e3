"""The collateral escrow."""
