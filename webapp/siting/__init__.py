"""Find, compare and defend a site."""
