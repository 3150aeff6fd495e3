"""The keeper: posts reputations, challenges wrong ones, and ends overdue tasks where that pays."""
