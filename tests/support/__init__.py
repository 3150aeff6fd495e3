"""What several tests share: the protocol deployed on titanoboa, and its actors."""
