"""Field visits: small trips planned with proof, and trips of 60 stops against PyVRP, VROOM and
OR-Tools; prints its own setting.

Run: python bench/trips.py [--small]. Peers that are not installed are left out; they may have an
environment of their own."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from geo import Atlas, layers
from geo.hours.gates import Hours
from geo.visits import feasibility, planner, whynot
from geo.visits.matrices import Tables
from geo.visits.trip import Day, Lunch, Place, Plan, Stop, Trip
from geo.visits.world import World

PACKAGES = ("numpy", "numba", "pyvrp", "pyvroom", "ortools")
ZONES = {"VN": "Asia/Ho_Chi_Minh", "CN": "Asia/Shanghai"}
MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo(ZONES["VN"]))
STOPS, DAYS = 60, 8
PEERS_S, OURS_S, SOON_S = 3, 5.0, 1.0
"""Time of the peers, and of ours with windows and without."""
PROVEN_S, TABLE_S, WHY_S = 5.0, 0.1, 2.0
NEAR_S = 9000
"""Stops of the large trips are at most so far from where they begin."""


def main() -> None:
    seeds = range(
        500, 502 if "--small" in sys.argv else 505
    )  # none of those on which the search was tried out
    print("command   python " + " ".join(["bench/trips.py", *sys.argv[1:]]))
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
    print(
        "packages  "
        + ", ".join(
            f"{name} {installed(name) or 'is not installed: left out'}" for name in PACKAGES
        )
    )
    print(
        "times     one run each, compiled code loaded before; load of the machine"
        f" {os.getloadavg()[0]:.1f}\n",
        flush=True,
    )
    planner.warm_up()
    proven(seeds)
    for where in (parks, plane):
        for windows, days, soon in (
            (True, DAYS, OURS_S),
            (False, DAYS, SOON_S),
            (False, 1, SOON_S),
        ):
            compared([where(seed, windows, days) for seed in seeds], soon)


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def verdict(value: float, limit: float, unit: str) -> str:
    return f"{value:.2f} {unit}, limit {limit:g}{'' if value <= limit else ': MISSED'}"


# Small trips, proven ------------------------------------------------------------------------------


def proven(seeds: range) -> None:
    """Plan 12 parks of both countries in three days from Ha Long, over gates with their hours, with
    windows and lunch.
    """
    folder = layers.bundled()
    tables = layers.read(folder, "gates"), layers.read_table(folder, "crossings")
    world = World(Atlas.open().network(), *tables, Hours.read(folder))
    sites, cities = layers.read(folder, "parks"), layers.read(folder, "cities")
    border = cities.loc["mong-cai" if "mong-cai" in cities.index else cities.index[0]].geometry
    close = sites.geometry.x.sub(border.x).abs().lt(2) & sites.geometry.y.sub(border.y).abs().lt(
        1.2
    )
    solved, asked = [], []
    feasibility.warm_up()
    for seed in seeds:
        dice = np.random.default_rng(seed)
        chosen = sites[close].iloc[dice.permutation(int(close.sum()))[:12]]
        towns = [
            as_place(str(key), cities.loc[key])
            for key in ("ha-long", "mong-cai")
            if key in cities.index
        ]
        stops = tuple(
            Stop(as_place(str(key), row), 2700, several(dice, 3, ZONES[row["country"]]))
            for key, row in chosen.iterrows()
        )
        days = tuple(
            Day(
                MONDAY + timedelta(days=day, hours=7),
                MONDAY + timedelta(days=day, hours=19),
                None if day else towns[0],
                tuple(towns),
            )
            for day in range(3)
        )
        trip = Trip("", stops, days, Lunch(3600))
        Tables.of(trip, world)
        start = time.perf_counter()
        tables = Tables.of(trip, world)
        table_s = time.perf_counter() - start
        start = time.perf_counter()
        plan = planner.plan(trip, world, tables=tables)
        solved.append((table_s, time.perf_counter() - start, plan))
        print(
            f"   seed {seed}: {told(plan)},"
            f" {sum(bool(leg.crossing) for day in plan.days for leg in day.legs)} crossings"
        )
        for stop in plan.left_out[:1]:
            start = time.perf_counter()
            why = whynot.explain(plan, stop.place.id, world, seconds=WHY_S)
            asked.append(time.perf_counter() - start)
            tried = "everything was tried" if why.complete else "not everything was tried"
            print(
                f"      why not {stop.place.name()}: {asked[-1]:.2f} s, {len(why.changes)} changes"
                f" that help, {tried}"
            )
    print(
        f"12 stops over 3 days, windows, gates, lunch, nights in {len(towns)} towns:"
        f" {', '.join({plan.proof for *_, plan in solved})}"
    )
    print(
        "   table of times            "
        f" {verdict(max(seconds for seconds, *_ in solved), TABLE_S, 's at most')}"
    )
    print(
        "   plan with lengths, checked"
        f" {verdict(max(seconds for _, seconds, _ in solved), PROVEN_S, 's at most')}"
    )
    print(
        f"   why not one stop           {verdict(max(asked, default=0.0), 2 * WHY_S, 's at most')},"
        f" {len(asked)} asked\n",
        flush=True,
    )


def told(plan: Plan) -> str:
    return (
        f"{sum(len(day.visits) for day in plan.days)} visited, {plan.on_road_s / 3600:.2f} h on the"
        f" road, {len(plan.faults)} faults"
    )


def as_place(key: str, row: Any) -> Place:
    return Place(
        key,
        {"en": row["name_en"]},
        row.geometry.x,
        row.geometry.y,
        None,
        row["country"],
        ZONES[row["country"]],
    )


def several(dice: Any, days: int, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return opening hours: the same each day, with or without an hour at noon, or half a day
    only.
    """
    hours = [((8, 17),), ((8, 11.5), (13.5, 17)), ((8, 12),), ((13, 17),)][dice.integers(4)]
    local = MONDAY.replace(tzinfo=ZoneInfo(zone))
    return tuple(
        (local + timedelta(days=day, hours=since), local + timedelta(days=day, hours=until))
        for day in range(days)
        for since, until in hours
    )


# Large trips, compared ----------------------------------------------------------------------------


@dataclass
class Case:
    """A trip from one place and back each day; ``time_s`` with that place first, windows by the
    time of day, equal on all days.
    """

    name: str
    time_s: np.ndarray
    visit_s: int
    windows: list[tuple[int, int]] | None
    days: int
    length_s: int

    def trip(self) -> tuple[Trip, Tables]:
        places = [
            Place(str(number), {"en": str(number)}, 0, 0, None, "VN", ZONES["VN"])
            for number in range(len(self.time_s))
        ]
        first = MONDAY + timedelta(hours=7)
        starts = [first + timedelta(days=day) for day in range(self.days)]
        stops = []
        for number, place in enumerate(places[1:]):
            windows = None
            if self.windows:
                windows = tuple(
                    tuple(start + timedelta(seconds=end) for end in self.windows[number])
                    for start in starts
                )
            stops.append(Stop(place, self.visit_s, windows))
        days = tuple(
            Day(start, start + timedelta(seconds=self.length_s), places[0], (places[0],))
            for start in starts
        )
        return Trip("", tuple(stops), days), Tables(tuple(places), self.time_s.astype(np.int64))


def made(name: str, time_s: np.ndarray, dice: Any, windows: bool, days: int) -> Case:
    """Return each stop the morning, the afternoon, or most of the day."""
    choices = [(3600, 18000), (21600, 36000), (3600, 36000), (3600, 36000)]
    hours = [choices[dice.integers(4)] for _ in range(STOPS)] if windows else None
    return Case(
        f"{STOPS} {name}, {days}"
        f" {'days' if days > 1 else 'long day'}{', windows' if windows else ''}",
        time_s,
        1200,
        hours,
        days,
        43200 if days > 1 else 6 * 86400,
    )


def parks(seed: int, windows: bool, days: int) -> Case:
    """Draw parks within reach of Hai Duong, in Viet Nam, on the main roads."""
    folder = layers.bundled()
    dice = np.random.default_rng(seed)
    sites, cities = layers.read(folder, "parks"), layers.read(folder, "cities")
    home = as_place("home", cities.loc["ha-noi"])
    mine = [as_place(str(key), row) for key, row in sites[sites["country"] == "VN"].iterrows()]
    trip = Trip(
        "",
        tuple(Stop(place, 0) for place in mine),
        (Day(MONDAY, MONDAY + timedelta(hours=12), home, (home,)),),
    )
    tables = layers.read(folder, "gates"), layers.read_table(folder, "crossings")
    world = World(Atlas.open().network(), *tables, Hours.read(folder))
    whole_s = Tables.of(trip, world).drive_s
    whole_s = np.roll(whole_s, (1, 1), axis=(0, 1))
    near = 1 + np.flatnonzero((whole_s[0, 1:] < NEAR_S) & (whole_s[1:, 0] < NEAR_S))
    rows = np.concatenate([[0], dice.choice(near, STOPS, replace=False)])
    return made("parks", whole_s[np.ix_(rows, rows)], dice, windows, days)


def plane(seed: int, windows: bool, days: int) -> Case:
    """Draw points of a plane, driven in straight lines."""
    dice = np.random.default_rng(100 + seed)
    points = dice.uniform(-4000, 4000, (STOPS + 1, 2))
    points[0] = 0
    time_s = np.ceil(np.hypot(*(points[:, None] - points).transpose(2, 0, 1))).astype(np.int64)
    return made("points of a plane", time_s, dice, windows, days)


def compared(cases: list[Case], limit_s: float) -> None:
    print(cases[0].name)
    ours, seconds = [], []
    for case in cases:
        trip, tables = case.trip()
        start = time.perf_counter()
        plan = planner.solve(trip, tables, seconds=0.8 * limit_s)
        seconds.append(time.perf_counter() - start)
        if plan.left_out:
            raise SystemExit(f"{case.name}: {len(plan.left_out)} stops are left out")
        ours.append(plan.on_road_s)
    print(
        f"   ours      {verdict(max(seconds), limit_s, 's at most')}; on the road "
        + " ".join(f"{cost:.0f}" for cost in ours),
        flush=True,
    )
    for name, (package, peer) in PEERS.items():
        if not installed(package):
            continue
        theirs = [peer(case) for case in cases]
        known = [
            (cost, other) for cost, other in zip(ours, theirs, strict=True) if other is not None
        ]
        if not known:
            print(f"   {name:9} found no plan with all stops")
            continue
        gaps = [100 * (cost / other - 1) for cost, other in known]
        costs = " ".join("none" if cost is None else f"{cost:.0f}" for cost in theirs)
        print(
            f"   {name:9} ours is {statistics.mean(gaps):+.2f} % of it on average, {max(gaps):+.2f}"
            f" % at worst; {costs}",
            flush=True,
        )
    print()


def by_pyvrp(case: Case) -> float | None:
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    model = Model()
    nodes = [model.add_location(0, 0) for _ in range(STOPS + 1)]
    depot = model.add_depot(nodes[0])
    model.add_vehicle_type(
        case.days, start_depot=depot, end_depot=depot, tw_early=0, tw_late=case.length_s
    )
    for number in range(STOPS):
        since, until = case.windows[number] if case.windows else (0, case.length_s)
        model.add_client(
            nodes[number + 1],
            service_duration=case.visit_s,
            tw_early=since,
            tw_late=until - case.visit_s,
        )
    for row, start in enumerate(nodes):
        for other, goal in enumerate(nodes):
            if row != other:
                model.add_edge(
                    start,
                    goal,
                    distance=int(case.time_s[row, other]),
                    duration=int(case.time_s[row, other]),
                )
    result = model.solve(MaxRuntime(PEERS_S), seed=1, display=False)
    return float(result.cost()) if result.is_feasible() else None


def by_vroom(case: Case) -> float | None:
    import vroom

    problem = vroom.Input()
    problem.set_durations_matrix(profile="car", matrix_input=case.time_s.astype(np.uint32))
    for number in range(case.days):
        problem.add_vehicle(
            vroom.Vehicle(number + 1, start=0, end=0, time_window=(0, case.length_s))
        )
    for number in range(STOPS):
        since, until = case.windows[number] if case.windows else (0, case.length_s)
        windows = [vroom.TimeWindow(since, until - case.visit_s)]
        problem.add_job(
            vroom.Job(
                number + 1, location=number + 1, default_service=case.visit_s, time_windows=windows
            )
        )
    solution = problem.solve(exploration_level=5, nb_threads=1)
    return float(solution.summary.cost) if not solution.unassigned else None


def by_ortools(case: Case) -> float | None:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    manager = pywrapcp.RoutingIndexManager(STOPS + 1, case.days, 0)
    routing = pywrapcp.RoutingModel(manager)
    time_s = case.time_s.tolist()

    def drive(start: int, other: int) -> int:
        return time_s[manager.IndexToNode(start)][manager.IndexToNode(other)]

    def passed(start: int, other: int) -> int:
        return drive(start, other) + (case.visit_s if manager.IndexToNode(start) else 0)

    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitCallback(drive))
    routing.AddDimension(
        routing.RegisterTransitCallback(passed), case.length_s, case.length_s, True, "time"
    )
    dimension = routing.GetDimensionOrDie("time")
    for number in range(STOPS):
        since, until = case.windows[number] if case.windows else (0, case.length_s)
        dimension.CumulVar(manager.NodeToIndex(number + 1)).SetRange(since, until - case.visit_s)
    wish = pywrapcp.DefaultRoutingSearchParameters()
    wish.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    wish.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    wish.time_limit.FromSeconds(PEERS_S)
    solution = routing.SolveWithParameters(wish)
    return float(solution.ObjectiveValue()) if solution else None


PEERS: dict[str, tuple[str, Callable[[Case], float | None]]] = {
    "PyVRP": ("pyvrp", by_pyvrp),
    "VROOM": ("pyvroom", by_vroom),
    "OR-Tools": ("ortools", by_ortools),
}

if __name__ == "__main__":
    main()
