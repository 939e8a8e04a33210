"""The pages of the exchange: statements, decisions, releases, and files that are brought."""
