"""Which inputs of a comparison of costs decide: what each of them alone does to the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from geo.siting.costs import QUANTITIES, Pick, Project, Site, in_the_middle, items, total
from geo.siting.rates import Rate

NUDGE = 0.1
"""By which share a single value is moved down and up to see what depends on it."""


@dataclass(frozen=True)
class Swing:
    """What one input does when it alone is moved from its low to its high end.

    Attributes
    ----------
    input
        A line of the rate card, `HOLIDAY`, or an attribute of the project.
    sites
        Those whose total moves: those that share the rate.
    low, high
        The value of the input at its two ends.
    at_low, at_high
        The totals of all sites at these.
    nudged
        Whether it is a single value that was moved by `NUDGE`.
    turns
        Whether the order of the sites at one of the ends differs from that in the middle.
    """

    input: str
    sites: tuple[str, ...]
    low: float
    high: float
    at_low: dict[str, float]
    at_high: dict[str, float]
    nudged: bool
    turns: bool
    rate: Rate | None = field(default=None, compare=False)

    @property
    def size(self) -> float:
        """By how much it moves the total that it moves most."""
        return max(abs(self.at_high[site] - self.at_low[site]) for site in self.sites)


def middle(
    project: Project, sites: Sequence[Site], counted: Sequence[str], pick: Pick = in_the_middle
) -> dict[str, float]:
    """Compute the totals of the items that count, each rate being the one that is picked."""
    return {site.id: total(items(project, site, pick), counted) for site in sites}


def order(totals: Mapping[str, float]) -> list[str]:
    """Return the sites, the cheapest first; equal ones as they stand."""
    return sorted(totals, key=totals.__getitem__)


def sensitivity(project: Project, sites: Sequence[Site], counted: Sequence[str]) -> list[Swing]:
    """Find what each input does to the totals, the strongest first: all others stay in the middle
    of their ranges.

    An input with a range is moved from its lower to its upper end, a single value by `NUDGE` down
    and up. Sites that share a rate, from the same rows, share the input.
    """
    if not counted:
        return []
    base = order(middle(project, sites, counted))
    swings: list[Swing] = []

    def add(
        name: str,
        ends: tuple[float, float],
        nudged: bool,
        at: Sequence[dict[str, float]],
        rate: Rate | None = None,
    ) -> None:
        moved = tuple(site.id for site in sites if at[0][site.id] != at[1][site.id])
        if moved:
            turns = any(order(totals) != base for totals in at)
            swings.append(Swing(name, moved, *ends, at[0], at[1], nudged, turns, rate))

    for line, rate in rates_in(project, sites):
        nudged = rate.low == rate.high
        ends = (
            (rate.low * (1 - NUDGE), rate.high * (1 + NUDGE)) if nudged else (rate.low, rate.high)
        )
        at = [middle(project, sites, counted, _moved(line, rate, end)) for end in ends]
        add(line, ends, nudged, at, rate)
    for name in (*QUANTITIES, "discount_pct"):
        value = getattr(project, name)
        ends = value * (1 - NUDGE), value * (1 + NUDGE)
        others = [replace(project, **{name: end}) for end in ends]
        add(name, ends, True, [middle(other, sites, counted) for other in others])
    return sorted(swings, key=lambda swing: -swing.size)


def _moved(line: str, rate: Rate, value: float) -> Pick:
    return lambda other, of: value if (other, of) == (line, rate) else in_the_middle(other, of)


def rates_in(project: Project, sites: Sequence[Site]) -> list[tuple[str, Rate]]:
    """Return the rates that the items are computed from, as far as they are known, each once, by
    their lines.
    """
    asked: dict[tuple[str, Rate], None] = {}

    def pick(line: str, rate: Rate) -> float:
        if rate.known:
            asked[line, rate] = None
        return rate.low

    for site in sites:
        items(project, site, pick)
    return [*asked]
