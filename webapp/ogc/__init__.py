"""OGC API – Features, for GIS programs."""
