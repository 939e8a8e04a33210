"""Plan field visits, and take them along."""
