"""What the templates of a trip get: the form with its map, and the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from geo.atlas import Atlas
from geo.errors import InputError
from geo.visits import safe_yaml, trip_file
from geo.visits.place_texts import split_places
from geo.visits.trip import Plan, Stop, Trip
from webapp import lookup
from webapp.i18n import gettext as _
from webapp.map_frame import MapFrame, basemap_url, map_frame
from webapp.store import Store
from webapp.trips import agenda, answers, planning, timeline
from webapp.trips.address import Lines
from webapp.trips.agenda import Agenda, Clock
from webapp.trips.links import downloads, link
from webapp.trips.readings import Fault, Reading


@dataclass(frozen=True)
class Shown:
    """A plan as page, paper and single file show it.

    Attributes
    ----------
    cost
        What an order by hand costs; None where nothing is set by hand.
    odd
        Stops of the form that the plan does not have, which therefore is not taken along: what is
        wrong with each, by number.
    links
        Names and addresses of maps, by the id of a stop.
    pinning
        Whether there is anything to press.
    """

    plan: Plan
    days: list[Agenda]
    clocks: tuple[Clock, ...]
    warnings: list[answers.Hint]
    cost: str | None
    odd: Mapping[int, str] = field(default_factory=dict)
    ways_url: str = ""
    why_url: str = ""
    downloads: Sequence[tuple[str, str, str]] = ()
    links: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)
    pinning: bool = False

    @property
    def visited(self) -> int:
        """Return how many stops are visited."""
        return len(self.plan.trip.stops) - len(self.plan.left_out)

    @property
    def on_road(self) -> str:
        """Return how long one is on the road, in words."""
        return agenda.length(self.plan.on_road_s)

    @property
    def pinned(self) -> set[str]:
        """Return the ids of the stops that are kept on a day."""
        return {stop.place.id for stop in self.plan.trip.stops if stop.day is not None}

    def timeline(self, day: Agenda) -> timeline.Timeline:
        """Return the picture of a day."""
        return timeline.timeline(day, self.clocks)


@dataclass(frozen=True)
class Undrivable:
    """A trip whose days cannot be driven: why, with every stop left out."""

    error: InputError
    left_out: tuple[Stop, ...]


@dataclass(frozen=True)
class Page:
    """The page of a trip.

    Attributes
    ----------
    stop_names, place_names
        What the form calls the stops, in turn, and where days begin and end.
    every
        The names of all places, by id.
    profiles, networks, countries
        What there is to choose from.
    ask, whole
        Addresses of the plan and of the page with it; empty if there is nothing to plan.
    faults, message
        Why there is nothing to plan, and what heads that.
    file_error
        What is wrong with a file that was not opened.
    """

    lines: Lines
    map: MapFrame
    stop_names: list[str]
    place_names: dict[str, str]
    every: dict[str, str]
    examples: dict[str, str]
    profiles: Sequence[str]
    networks: Sequence[str]
    countries: Sequence[str]
    reading: Reading | None = None
    ask: str = ""
    whole: str = ""
    shown: Shown | Undrivable | None = None
    faults: Sequence[Fault] = ()
    message: str = ""
    file_error: InputError | None = None


def examples(opened: Atlas) -> dict[str, dict[str, Any]]:
    """Return the worked examples by name, as their files hold them."""
    return opened.keep(
        "trip examples",
        lambda: {
            name: safe_yaml.read(text) for name, text in trip_file.examples(opened.data).items()
        },
    )


def page(opened: Store, lines: Lines) -> Page:
    """Return the page of a trip without its plan."""
    every = lookup.named(opened)
    points = {key: f"{text} ({key})" for key, text in lines.point_names().items()}
    places = [
        [key, every[key], round(lon, 5), round(lat, 5)]
        for key, (lon, lat) in lookup.positions(opened).items()
    ]
    return Page(
        lines=lines,
        map=trip_map(opened, basemap_url(opened), places=places),
        stop_names=[
            stop.name or (every | points).get(stop.place, stop.place) for stop in lines.stops
        ],
        place_names={
            text: lookup.listed(split_places(text), every)
            for day in lines.days
            for text in (day.begin, day.end)
        },
        every=every,
        examples={key: trip.get("title", key) for key, trip in examples(opened).items()},
        profiles=opened.vehicles,
        networks=opened.networks.names(),
        countries=sorted(opened.table("clocks")["country"]),
    )


def trip_map(opened: Store, basemap: str, /, **more: object) -> MapFrame:
    """Return an empty map for trips; `more` are further settings of its script."""
    return map_frame(opened, basemap, colours=timeline.COLOURS, texts=_texts(), **more)


def _texts() -> dict[str, str]:
    """Return the words of the page's script."""
    return {
        "add": _("Add as stop"),
        "planning": _("Planning"),
        "asking": _("Trying what would help …"),
        "failed": _("Could not load. Check the connection and try again."),
        "offline": _(
            "No connection to the server. The plan below stays as it is; it cannot be changed until"
            " the connection is back."
        ),
        "stale": _(
            "No connection to the server. The plan below is from before your last change; the new"
            " one follows with the connection."
        ),
        "again": _("Try again"),
    }


def shown(opened: Store, lines: Lines, plan: Plan) -> Shown:
    """Return what is shown of a plan where there is nothing to press."""
    return Shown(
        plan=plan,
        days=agenda.of(opened, plan),
        clocks=agenda.clocks(opened),
        warnings=answers.warnings(opened, plan),
        cost=planning.cost(opened, lines.network, plan),
        ways_url=link("trip.ways", lines),
    )


def answered(opened: Store, lines: Lines, wish: Trip, odd: Mapping[int, str]) -> Shown | Undrivable:
    """Return what the page shows of the plan of a trip."""
    try:
        plan = planning.planned(opened, lines.network, wish)
        return replace(
            shown(opened, lines, plan),
            odd=odd,
            why_url=link("trip.why", lines),
            downloads=[] if odd else downloads(lines),
            pinning=True,
        )
    except InputError as error:
        return Undrivable(error, wish.stops)
