"""The slasher."""
