"""Find a site: the table of sites, limits, ranking, money, claims, companies."""
