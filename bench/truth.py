"""Lengths and car times between pairs of places, against the ranges that a local would give.

Run: python bench/truth.py [--profile car] [--against EXTRACT.osm.pbf]

The ranges stand in ``check_pairs.csv`` with what they rest on; time at the border is taken off. The
error is counted from the middle of a range."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import Atlas, layers
from geo.hours import gates as border_gates
from geo.roads import access, joining, osm_download
from geo.roads.network import Network

PAIRS = Path(__file__).with_name("check_pairs.csv")
FOLDER = layers.bundled()
AROUND = 0.1
"""A value counts as in range up to a tenth outside it: the ranges are no better."""
WORST = 6
POINTS = 60
NEAR_S = 300
"""Shorter ways in a town are left out: there the way to a main road is all of it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="car")
    parser.add_argument("--against", type=Path, help="extract with all roads of a town")
    arguments = parser.parse_args()
    profile = arguments.profile
    print("command   python", *sys.argv)
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}\n"
    )
    before = peak_mb()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        network = Atlas.open(FOLDER, home).network()
        took = time.perf_counter() - began
        print(f"main roads: {took:.1f} s to build, peak memory {before:.0f} -> {peak_mb():.0f} MB")
        size_mb = sum(array.nbytes for array in arrays(network)) / 1e6
        print(
            f"   {network.node_count:,} junctions, {network.segment_count:,} segments,"
            f" {len(network.shape_lonlat):,} points, {network.length_m.sum() / 1000:,.0f} km,"
            f" {size_mb:.1f} MB"
        )
        joins(network, profile)
        table = measured(network, pd.read_csv(PAIRS), profile)
        print(table.drop(columns=["from_snap_m", "to_snap_m"]).to_string(index=False))
        summary(table)
        reasons(network, table, profile)
        if arguments.against:
            against(network, arguments.against, profile)


def arrays(network: Network) -> list[np.ndarray]:
    values = [*vars(network).values(), *network.time_s.values()]
    return [value for value in values if isinstance(value, np.ndarray)]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def places() -> gpd.GeoDataFrame:
    """Return every place that a pair may name."""
    columns = ["country", "opposite_country", "geometry"]
    frames = [
        layers.read(FOLDER, name).reindex(columns=columns)
        for name in ("parks", "gates", "ports", "airports", "cities")
    ]
    return gpd.GeoDataFrame(pd.concat(frames), geometry="geometry", crs=4326)


def joins(network: Network, profile: str) -> None:
    """Print how many parks and gates meet a road."""
    parks = layers.read(FOLDER, "parks")
    sides = joining.Sides.of(network, parks, profile)
    distance_m = sides.snap.distance_m
    for country, rows in parks.groupby("country").indices.items():
        known = distance_m[rows]
        print(
            f"   parks in {country}: {np.isfinite(known).sum()} of {len(rows)} joined, median"
            f" {np.nanmedian(known):,.0f} m from a road"
        )
    print(f"   parks together: median {np.nanmedian(distance_m):,.0f} m; not joined:", end=" ")
    print(*parks.index[~np.isfinite(distance_m)], sep=", ")
    classes = np.array([*network.manifest.road_classes, ""])
    hung = classes[network.road_class[sides.snap.segment[sides.snap.segment >= 0]]]
    fast = pd.Series(hung).str.contains("motorway|expressway|_link").sum()
    print(f"   parks that hang on an expressway or link: {fast}")
    gates = layers.read(FOLDER, "gates")
    road = gates[gates["mode"] == "road"]
    through = set(network.manifest.gates)
    print(
        f"   road gates with a road on both sides: {len(through)} of {len(road)}; without:",
        *sorted(set(road.index) - through),
    )


def measured(network: Network, pairs: pd.DataFrame, profile: str) -> pd.DataFrame:
    """Return length and time of each pair, without the time at the border, and their errors."""
    where = places()
    from_, to = where.loc[pairs["from"].unique()], where.loc[pairs["to"].unique()]
    ways = access.travel_times(network, from_, to, profile=profile)
    ways = ways.set_index(["from_id", "to_id"]).loc[pd.MultiIndex.from_frame(pairs[["from", "to"]])]
    gates = layers.read(FOLDER, "gates")
    service_s = border_gates.service_time_s(gates, layers.read_table(FOLDER, "crossings"), profile)
    at_border_s = (
        ways["gates"]
        .fillna("")
        .map(lambda passed: sum(service_s[gate] for gate in passed.split(";") if gate))
    )
    km = (ways["length_m"] / 1000).to_numpy()
    minutes = ((ways["travel_time_s"] - at_border_s) / 60).to_numpy()
    table = pairs[["from", "to", "km_low", "km_high"]].assign(km=km.round(1))
    table = table.rename(columns={"from": "start", "to": "goal"})
    table["km_error"] = error(km, pairs["km_low"], pairs["km_high"])
    table[["min_low", "min_high"]] = pairs[["car_min_low", "car_min_high"]]
    table["min"] = minutes.round(0)
    table["min_error"] = error(minutes, pairs["car_min_low"], pairs["car_min_high"])
    snaps = ways[["from_snap_m", "to_snap_m"]].reset_index(drop=True)
    return pd.concat([table, snaps], axis=1)


def error(value: np.ndarray, low: pd.Series, high: pd.Series) -> pd.Series:
    """Return by how many per cent of it values are off the middle of a range."""
    middle = (low + high) / 2
    return ((value / middle - 1) * 100).round(1)


def inside(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    return value.between(low * (1 - AROUND), high * (1 + AROUND))


def against(network: Network, path: Path, profile: str) -> None:
    """Print how times between points of a town compare with those on all of its roads."""
    full = osm_download.read(
        path,
        speeds=layers.read_table(FOLDER, "speeds"),
        countries=layers.read_countries(FOLDER),
    )
    dice = np.random.default_rng(0)
    lonlat = full.node_lonlat[dice.choice(np.flatnonzero(full.main(profile)), POINTS)]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*lonlat.T), crs=4326)
    ours, theirs = (
        access.time_matrix(net, points, points, profile=profile) for net in (network, full)
    )
    far = np.asarray(theirs) > NEAR_S
    ratio = pd.Series(np.asarray(ours)[far] / np.asarray(theirs)[far]).dropna()
    print(
        f"   {path.name}, {far.sum():,} ways above {NEAR_S / 60:g} min on all roads: ours take"
        f" {ratio.median():.2f} of their time in the median, {ratio.quantile(0.1):.2f} to"
        f" {ratio.quantile(0.9):.2f} in eight of ten"
    )


def spread(off: pd.Series) -> tuple[float, float, float]:
    """Return between which multiples of our values nine of ten true ones lie, and the standard
    deviation of those multiples from one; `off` as :func:`error` returns it.
    """
    ours = 1 / (1 + off.dropna() / 100)
    low, high = ours.quantile([0.05, 0.95])
    return float(low), float(high), float(np.sqrt(((ours - 1) ** 2).mean()))


def summary(table: pd.DataFrame) -> None:
    for what, value in (("km", "km"), ("min", "min")):
        off = table[f"{what}_error"]
        size = off.abs().dropna()
        fits = inside(table[value], table[f"{what}_low"], table[f"{what}_high"])
        print(
            f"   {'length' if what == 'km' else 'time  '}  mean {off.mean():+.1f}, without sign:"
            f" mean {size.mean():.1f}, median {size.median():.1f}, 90th percentile"
            f" {size.quantile(0.9):.1f}, worst {size.max():.1f} %; in range ±10 %:"
            f" {fits.sum()} of {len(table)}; no way: {off.isna().sum()}"
        )
        low, high, deviation = spread(off)
        print(
            f"          of ours the true one is {low:.2f} to {high:.2f} in nine of ten, standard"
            f" deviation {deviation:.2f}"
        )


def reasons(network: Network, table: pd.DataFrame, profile: str) -> None:
    """Print why the pairs with the largest error of time are off."""
    where = places()
    worst = table.reindex(table["min_error"].abs().sort_values(ascending=False).index)[:WORST]
    for row in worst.itertuples():
        origin, goal = where.loc[[row.start]], where.loc[[row.goal]]
        way = access.route(network, origin, goal, profile=profile)
        km = (way.groupby("road_class")["length_m"].sum() / 1000).sort_values(ascending=False)
        kph = row.km / row.min * 60
        needed = (row.km_low + row.km_high) / (row.min_low + row.min_high) * 60
        fits = row.km_low * (1 - AROUND) <= row.km <= row.km_high * (1 + AROUND)
        cause = "speed" if fits else "way"
        parts = ", ".join(f"{name} {length:.1f}" for name, length in km.items())
        print(
            f"   {origin.index[0]} - {row.goal}: time {row.min_error:+.0f} %, length"
            f" {row.km_error:+.0f} %: the {cause}; {kph:.0f} km/h for {needed:.0f}; km by class:"
            f" {parts}; to the road {row.from_snap_m:.0f} and {row.to_snap_m:.0f} m"
        )


if __name__ == "__main__":
    main()
