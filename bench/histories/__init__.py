"""Whether every request that a model of any team gets is one that strict providers accept."""
