"""The chain of a site: totals, gates, closings and rules, held against simpler ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.atlas import Atlas
from geo.roads import access
from geo.roads.drive import Drive
from geo.siting import chain, chain_rules, placing, rates
from geo.siting.chain import CO2_G_TKM, Legs, Loads
from geo.siting.chain_rules import Way
from geo.siting.own_places import OwnPlace

PLACES = {
    "a": (107.97, 21.60, "CN"),
    "b": (108.35, 22.80, "CN"),
    "c": (106.68, 20.86, "VN"),
    "d": (105.85, 21.03, "VN"),
}
COMES_IN = np.array([True, False, True, False])
CARDS = {
    country: rates.RateCard(
        truck_km=rates.Rate(low, 2 * low),
        truck_hour=rates.Rate(5, 8),
        toll_km=rates.Rate(0.1, 0.2),
        gate_fee=rates.Rate(100, 120),
    )
    for country, low in (("VN", 1.0), ("CN", 0.5))
}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return Atlas.open(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    lon, lat, country = zip(*PLACES.values(), strict=True)
    points = gpd.points_from_xy(lon, lat)
    columns = {"country": list(country)}
    return gpd.GeoDataFrame(columns, geometry=points, index=list(PLACES), crs=4326)


def own(*amounts: float) -> list[OwnPlace]:
    return [
        OwnPlace("supplier", (lon, lat), key, amount)
        for (key, (lon, lat, _)), amount in zip(PLACES.items(), amounts, strict=True)
    ]


def ways(atlas: Atlas, places: gpd.GeoDataFrame, drive: Drive | None = None, **more: Any) -> Legs:
    drive = drive or Drive()
    sides = atlas.park_sides(drive)
    comes_in = more.get("comes_in", COMES_IN)
    return chain.legs(atlas.roads(drive), drive.profile, sides, places, comes_in)


@pytest.fixture(scope="module")
def legs(atlas: Atlas, places: gpd.GeoDataFrame) -> Legs:
    return ways(atlas, places)


def prices(atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs) -> chain.Prices:
    sites = atlas.layer("parks")["country"].tolist()
    there = places["country"].tolist()
    return chain.prices(legs, CARDS, sites, there, np.zeros(len(there), bool))


def test_legs_are_the_ways_of_the_road_tables(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Time, length and gates of every leg stand in the table of ways in its direction."""
    parks, network = atlas.layer("parks"), atlas.roads(Drive())
    for column, comes_in in enumerate(COMES_IN):
        place = places.iloc[[column]]
        ends = (place, parks) if comes_in else (parks, place)
        table = access.travel_times(network, *ends, profile="truck")
        np.testing.assert_allclose(legs.time_s[:, column], table["travel_time_s"], atol=0.01)
        np.testing.assert_allclose(legs.length_m[:, column], table["length_m"], atol=0.5)
        gates = [";".join(legs.gates(row, column)) for row in range(len(parks))]
        assert gates == table["gates"].fillna("").tolist()


def test_the_parts_of_a_length_are_those_of_its_route(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Metres abroad and on motorways are those of the steps of the route."""
    parks, network = atlas.layer("parks"), atlas.roads(Drive())
    dice = np.random.default_rng(3)
    crossing = np.argwhere(legs.gate_count > 0)
    for row, column in dice.choice(crossing, 6, replace=False).tolist():
        ends = [places.iloc[[column]], parks.iloc[[row]]]
        steps = access.steps(network, *(ends if COMES_IN[column] else ends[::-1]), profile="truck")
        gate = next(i for i, step in enumerate(steps) if step["gate"])
        foreign = steps[:gate] if COMES_IN[column] else steps[gate + 1 :]
        if len([step for step in steps if step["gate"]]) > 1:
            continue
        abroad_m = sum(step["length_m"] for step in foreign)
        assert legs.abroad_m[row, column] == pytest.approx(abroad_m, abs=700)
        fast_m = legs.motorway_m[row, column] + legs.motorway_abroad_m[row, column]
        assert 0 <= fast_m <= legs.length_m[row, column]


def test_closing_a_gate_that_nobody_passes_changes_nothing(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Only the legs through a gate hang on it."""
    passed = {gate for gates in legs.ways for gate in gates}
    unused = next(g for g in atlas.roads(Drive()).manifest.gates if g not in passed)
    same = ways(atlas, places, Drive(closed=(unused,)))
    np.testing.assert_array_equal(same.time_s, legs.time_s)
    busiest = max(passed, key=lambda gate: legs.passing(gate).sum())
    other = ways(atlas, places, Drive(closed=(busiest,)))
    hit = legs.passing(busiest)
    np.testing.assert_array_equal(other.time_s[~hit], legs.time_s[~hit])
    assert (np.nan_to_num(other.time_s[hit], nan=np.inf) >= legs.time_s[hit]).all()
    assert not other.passing(busiest).any()


def test_what_a_closing_adds_is_the_difference_of_the_totals(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Hours and money are those of the chain without the gate, less those with it."""
    loads = Loads.of(own(40, 10, 5, 7), 20)
    shares = chain.shares(legs, loads)
    gate = str(shares.sum().idxmax())
    after = ways(atlas, places, Drive(closed=(gate,)))
    with_, without = prices(atlas, places, legs), prices(atlas, places, after)
    sums = [
        chain.totals(*each, CO2_G_TKM["truck"])
        for each in ((legs, loads, with_), (after, loads, without))
    ]
    for site in np.flatnonzero(shares[gate] > 0)[:8].tolist():
        closing = chain.closing(gate, site, (legs, with_), (after, without), loads)
        assert closing.share == pytest.approx(shares.at[site, gate])
        added = sums[1].time_s[site] - sums[0].time_s[site]
        assert closing.time_s == pytest.approx(added, rel=1e-9, nan_ok=True)
        cost = sums[1].cost_low[site] - sums[0].cost_low[site]
        assert closing.cost_low == pytest.approx(cost, rel=1e-9, nan_ok=True)
        assert closing.instead != gate


def test_more_trips_never_take_or_cost_less(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Every total rises with every amount, and with every rate."""
    price = prices(atlas, places, legs)
    base = [4.0, 3.0, 2.0, 1.0]
    few = chain.totals(legs, Loads.of(own(*base), 20), price, CO2_G_TKM["truck"])
    known = np.isfinite(few.time_s)
    assert known.sum() > 150
    for at in range(4):
        amounts = [*base]
        amounts[at] *= 3
        many = chain.totals(legs, Loads.of(own(*amounts), 20), price, CO2_G_TKM["truck"])
        for name in ("hours", "km", "cost", "co2"):
            assert (many.by(name)[known] >= few.by(name)[known]).all()  # type: ignore[arg-type]
    dear = {key: replace(card, truck_hour=rates.Rate(50, 80)) for key, card in CARDS.items()}
    sites = atlas.layer("parks")["country"].tolist()
    more = chain.prices(legs, dear, sites, places["country"].tolist(), np.zeros(4, bool))
    assert (more.low[known] >= price.low[known]).all()


def test_the_order_of_places_does_not_matter(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """The same sites come in the same order, with the same totals."""
    turned = [2, 0, 3, 1]
    other = ways(atlas, places.iloc[turned], comes_in=COMES_IN[turned])
    amounts = own(40, 10, 5, 7)
    results = [
        chain.totals(each, Loads.of(load, 20), prices(atlas, frame, each), CO2_G_TKM["truck"])
        for each, load, frame in (
            (legs, amounts, places),
            (other, [amounts[i] for i in turned], places.iloc[turned]),
        )
    ]
    for name in ("hours", "km", "cost", "co2"):
        np.testing.assert_allclose(results[0].by(name), results[1].by(name), rtol=1e-12)
        assert results[0].order(name).tolist() == results[1].order(name).tolist()


def test_a_trip_costs_what_a_haul_costs(atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs) -> None:
    """One trip is priced as :func:`geo.siting.rates.haul` prices the same kilometres and hours."""
    price, parks = prices(atlas, places, legs), atlas.layer("parks")
    for row, column in [(0, 0), (50, 1), (100, 2), (150, 3)]:
        here, there = str(parks["country"].iloc[row]), str(places["country"].iloc[column])
        km = legs.length_m[row, column] / 1000
        far = legs.abroad_m[row, column] / 1000
        parts = ({here: km - far, there: far}) if here != there else {here: km}
        fast = legs.motorway_m[row, column] / 1000, legs.motorway_abroad_m[row, column] / 1000
        tolls = {here: fast[0], there: fast[1]} if here != there else {here: sum(fast)}
        leg = rates.Leg(
            legs.time_s[row, column] / 3600, parts, tolls, int(legs.gate_count[row, column])
        )
        total = rates.haul(leg, CARDS, here)
        assert price.low[row, column] == pytest.approx(total.low, rel=1e-3)
        assert price.high[row, column] == pytest.approx(total.high, rel=1e-3)


def test_unknown_rates_are_named_and_no_zero(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """Without any rate a cost is unknown; with some, the others are named with their country."""
    sites, there = atlas.layer("parks")["country"].tolist(), places["country"].tolist()
    ports = np.zeros(4, bool)
    nothing = chain.prices(legs, {}, sites, there, ports)
    assert np.isnan(nothing.low).all()
    assert ("truck_km", "VN") in nothing.missing
    half = chain.prices(legs, {"VN": CARDS["VN"]}, sites, there, ports)
    assert ("truck_km", "CN") in half.missing
    assert ("truck_km", "VN") not in half.missing
    assert (half.lacking[legs.abroad_m > 1000] > 0).all()


def test_places_without_trips_do_not_count(
    atlas: Atlas, places: gpd.GeoDataFrame, legs: Legs
) -> None:
    """A place in the sea is left out, and the others count as if it were not there."""
    counted = np.array([True, True, False, True])
    loads = Loads.of(own(40, 10, 5, 7), 20, counted)
    price = prices(atlas, places, legs)
    total = chain.totals(legs, loads, price, CO2_G_TKM["truck"])
    rest = legs.time_s[:, counted] @ np.array([40.0, 10, 7])
    np.testing.assert_allclose(total.time_s, rest)


@pytest.mark.parametrize(
    ("lonlat", "country", "kind"),
    [
        ((107.97, 21.60), "CN", ""),
        ((107.3, 20.5), "", "sea"),
        ((103.2, 20.5), "LA", "far"),
        ((104.9, 22.2), "VN", "off_road"),
        ((107.97, 21.56), "VN", "other_side"),
    ],
)
def test_where_a_place_stands(
    atlas: Atlas, lonlat: tuple[float, float], country: str, kind: str
) -> None:
    """The sea, a far road and a border are told, each with the distance to a road."""
    place = placing.standing(atlas.roads(Drive()), "truck", lonlat, country)
    assert place.kind == kind
    assert place.is_joined == (kind in ("", "off_road", "other_side"))
    assert place.road_m > (5000 if not place.is_joined else 0)


def test_rules_count_where_all_of_their_row_fits() -> None:
    """Gates, ports, direction, goods and the day decide; nothing that is not about goods counts."""
    rules: pd.DataFrame = layers.read(layers.bundled(), "rules")
    day = date(2026, 11, 30)

    def needs(*way: Any, goods: str = "", on: date = day) -> set[str]:
        return set(chain_rules.needed(rules, Way(*way), on, goods))

    there, back = needs("VN", "CN", ("huu-nghi",)), needs("CN", "VN", ("huu-nghi",))
    assert "cn-gacc-280" in there - back
    assert "vn-cn-gms-lorries" in there & back
    assert "cn-gacc-280" not in needs("VN", "CN", ("huu-nghi",), goods="electronics")
    assert "cn-gacc-280" in needs("VN", "CN", ("huu-nghi",), goods="food_processing")
    assert "cn-gacc-280" not in needs("VN", "CN", ("huu-nghi",), on=date(2026, 5, 31))
    assert "vn-cn-gms-lorries" not in needs("CN", "VN", ("mong-cai-bac-luan-2",))
    booking = "vn-port-hhit-slot"
    assert booking in needs("VN", "VN", (), "port-lach-huyen-hict")
    assert booking not in needs("VN", "VN", (), "port-cai-lan")
    assert not needs("LA", "LA")
    assert not {key for key in there if rules.at[key, "kind"] in ("visa", "drones", "wages")}
