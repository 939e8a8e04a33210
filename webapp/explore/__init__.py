"""Look at the map, a site, a point, a gate."""
