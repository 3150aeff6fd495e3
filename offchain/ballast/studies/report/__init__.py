"""One page about a run or a sweep."""
