"""What the market is compared with: other rules on the same tasks, the optimum, and known results of queueing."""
