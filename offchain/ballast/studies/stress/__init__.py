"""What stresses cost, and whom."""
