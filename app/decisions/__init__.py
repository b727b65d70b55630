"""What staff decided: kept with its grounds, never overwritten."""
