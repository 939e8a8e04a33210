"""The roles of a team, and a person as the pages know them."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "contributor", "reviewer", "keeper")
"""Each may what those before may: read, bring claims, decide and release, keep the team."""


@dataclass(frozen=True)
class Person:
    """Someone who has signed in."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Return whether the person has this role or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)
