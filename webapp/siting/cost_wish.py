"""What somebody wants to know the cost of, as a form and an address hold it: sites, the project,
and own numbers of the rate card.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from geo.errors import InputError
from geo.roads.drive import Drive
from geo.siting.costs import Project
from geo.siting.rates import LINES, VOLTAGE, Terms
from webapp import args
from webapp.i18n import gettext as _
from webapp.siting.offers import plain

EXAMPLE = Project(
    land_ha=5,
    building_m2=20_000,
    workers=500,
    power_kwh=400_000,
    water_m3=8000,
    containers=40,
    profit_usd=2_000_000,
)
"""The project that fills the form until somebody edits it.

Source: a Zone Atlas assumption: a plant of middle size that fits a usual plot of 5 ha.
"""
NEW = ("own_site", "own_line", "own_value")
"""An own number of one site that somebody is typing in, which becomes one more ``own``."""
RATES = {f"r_{line}": line for line in LINES}
CHANGES = {f"x_{code.lower()}": code for code in args.EXCHANGED}
TYPED = (*args.AMOUNTS, *args.PERCENTS, *RATES, *CHANGES)
"""Fields that a number is typed into."""
STATE = ("pick", "edited", *args.DRIVE, *TYPED, "voltage", "destination", "own")
MOST_OWN = 40

Ends = tuple[float, float]


@dataclass(frozen=True)
class CostWish:
    """Which sites are compared for which project, as the form holds it.

    Attributes
    ----------
    own
        The own numbers by line, for all sites.
    of_sites
        Those of one site, by site and line.
    exchange
        Units of a currency for one of the rates', by currency.
    destination
        Where containers go; empty is the container port that is soonest reached from each site.
    """

    picked: tuple[str, ...]
    drive: Drive
    project: Project = EXAMPLE
    own: dict[str, Ends] = field(default_factory=dict)
    of_sites: dict[tuple[str, str], Ends] = field(default_factory=dict)
    exchange: dict[str, Ends] = field(default_factory=dict)
    voltage: str = VOLTAGE
    destination: str = ""
    edited: bool = False

    @classmethod
    def of(cls, values: dict[str, Any]) -> CostWish:
        """Take it from a query that has been read; the example fills the form until it is
        edited.
        """
        amounts = {name: values[name] for name in args.AMOUNTS if name in values}
        shares = {name: values[name] for name in args.PERCENTS if name in values}
        edited = "edited" in values or bool(amounts)
        of_sites = {(site, line): ends for site, line, ends in values.get("own", ())}
        if len(of_sites) > MOST_OWN:
            raise InputError(_("At most %(n)s numbers of single sites are counted.", n=MOST_OWN))
        return cls(
            tuple(dict.fromkeys(values.get("pick", ()))),
            Drive.of(values),
            replace(Project() if edited else EXAMPLE, **amounts, **shares),
            {line: values[name] for name, line in RATES.items() if name in values},
            of_sites,
            {code: values[name] for name, code in CHANGES.items() if name in values},
            values.get("voltage", VOLTAGE),
            values.get("destination", ""),
            edited,
        )

    def terms(self, site: str = "") -> Terms:
        """Return what is stated of the rates at a site."""
        single = {line: ends for (other, line), ends in self.of_sites.items() if other == site}
        return Terms(self.own | single, self.voltage, self.exchange)

    def query(self, **changes: Any) -> list[tuple[str, Any]]:
        """Return the whole state as a readable query; numbers of sites that do not stand there are
        left out.
        """
        mine = replace(self, **changes)
        usual, project = asdict(Project()), asdict(mine.project)
        stated: dict[str, Any] = {
            "edited": "1" if mine.edited else None,
            **{
                name: plain(value)
                for name, value in project.items()
                if value != usual[name] and (mine.edited or name in args.PERCENTS)
            },
            **{name: ends_text(mine.own.get(line)) for name, line in RATES.items()},
            **{name: ends_text(mine.exchange.get(code)) for name, code in CHANGES.items()},
            "voltage": mine.voltage if mine.voltage != VOLTAGE else None,
            "destination": mine.destination or None,
        }
        return [
            *(("pick", site) for site in mine.picked),
            *((name, value) for name, value in stated.items() if value is not None),
            *(("own", text) for text in mine.own_texts()),
            *mine.drive.query().items(),
        ]

    def own_texts(self) -> Iterable[str]:
        """Write the own numbers of single sites as they stand in an address."""
        return [
            f"{site}:{line}:{ends_text(ends)}"
            for (site, line), ends in self.of_sites.items()
            if site in self.picked
        ]

    def with_site(self, site: str) -> list[tuple[str, Any]]:
        return self.query(picked=(*self.picked, site))

    def without_site(self, site: str) -> list[tuple[str, Any]]:
        return self.query(picked=tuple(other for other in self.picked if other != site))

    def without_own(self, site: str, line: str) -> list[tuple[str, Any]]:
        others = {key: ends for key, ends in self.of_sites.items() if key != (site, line)}
        return self.query(of_sites=others)


def ends_text(ends: Ends | None) -> str | None:
    """Write one number or a range as it is typed."""
    if ends is None:
        return None
    low, high = map(plain, ends)
    return low if low == high else f"{low}-{high}"
