"""Filters in the Common Query Language (OGC 21-065r2), evaluated on arrays."""
