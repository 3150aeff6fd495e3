"""What stresses cost."""
