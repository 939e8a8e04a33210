"""An opened data package: its layers and tables, read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo import layers, proximity
from geo.errors import Message, NotFoundError
from geo.kept import Kept
from geo.layers.provenance import TABLE, Provenance
from geo.layers.region import COAST_TOLERANCE_M
from geo.schema import Layer

if TYPE_CHECKING:
    from geo.export import About, Serialized
    from geo.facets import Facets
    from geo.search import Index, Rank
    from geo.tiles import PointTiles, ShapeTiles

T = TypeVar("T")
Where: TypeAlias = str | tuple[float, float] | gpd.GeoDataFrame
"""A place of the package by its id, a longitude and latitude, or a frame of points."""
MOST_UNFOLDED = 20_000
"""Rows of a layer whose cells are kept as plain values besides: some 40 MB."""
KEPT_PLACES = 500
"""Places asked for last, each a frame of its own."""
TARGETS = ("gates", "ports", "airports", "cities")
KEPT_HITS = 8
"""Answers of the search that are kept: visitors may ask for any text."""
KEPT_CHOICES = 64
"""Choices of rows that are kept, a byte for each row of a layer."""


class Package:
    """A data package. What it returns is shared: read it, never change it.

    Parameters
    ----------
    data
        Its folder.
    province_names
        Called with the English name of a province, or a code of a table without positions, returns
        all names by which it is searched.

    Raises
    ------
    NotFoundError
        The folder is not a data package.
    """

    def __init__(
        self, data: Path, province_names: Callable[[str], tuple[str, ...]] = lambda name: (name,)
    ) -> None:
        self.data = data
        self.package = layers.describe(data)
        self._province_names = province_names
        self._kept = Kept()
        self._places = Kept(KEPT_PLACES)
        self._hits, self._choices = Kept(KEPT_HITS), Kept(KEPT_CHOICES)

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for `key`, making it the first time."""
        return self._kept.get(key, make)

    def kept(self, key: Hashable) -> bool:
        """Check whether a result is there already, without waiting for it."""
        return self._kept.peek(key) is not None

    # Layers

    def layer(self, layer_id: str) -> gpd.GeoDataFrame:
        """Return a layer as :func:`geo.layers.read` does; policies and records have no
        positions."""
        return self.keep(("layer", layer_id), lambda: layers.read(self.data, layer_id))

    def features(self, layer_id: str) -> Serialized:
        """Return the features of a layer as GeoJSON, serialised the first time."""
        from geo.export import Serialized

        return self.keep(("features", layer_id), lambda: Serialized(self.layer(layer_id)))

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as :func:`geo.layers.read_table` does."""
        return self.keep(("table", name), lambda: layers.read_table(self.data, name))

    @property
    def provenance(self) -> Provenance:
        """Where each value of the layers comes from."""
        return self.keep(TABLE, lambda: Provenance(self.layer(TABLE), self.layer))

    def held(self) -> list[Layer]:
        """Return the layers that this package has: all but optional ones whose file is not
        there."""
        return [
            layer
            for layer in layers.LAYERS.values()
            if not layer.optional or (self.data / f"{layer.id}.csv").is_file()
        ]

    def resource(self, name: str) -> dict[str, Any]:
        """Return a resource of ``datapackage.json``; an empty one where the package does not
        describe it."""
        return next((part for part in self.package["resources"] if part.get("name") == name), {})

    def about(self, layer_id: str) -> About:
        """Describe a whole layer for an export; narrow it with ``dataclasses.replace``."""
        from geo.export import About

        def make() -> About:
            layer, resource, frame = (
                layers.get(layer_id),
                self.resource(layer_id),
                self.layer(layer_id),
            )
            dates = frame["as_of"].dropna() if "as_of" in frame else pd.Series(dtype=str)
            sources = tuple(str(source.get("title", "")) for source in resource.get("sources", []))
            return About(
                layer=layer.id,
                title=str(resource.get("title", layer.title)),
                description=str(resource.get("description", layer.description)),
                sources=sources,
                licence=", ".join(
                    str(licence.get("title") or licence.get("name"))
                    for licence in resource.get("licenses", [])
                ),
                attribution="; ".join(sources),
                as_of=str(dates.max()) if len(dates) else None,
                count=len(frame),
                total=len(frame),
            )

        return self.keep(("about", layer_id), make)

    def view(self) -> tuple[float, float, float]:
        """Return where the map begins: longitude, latitude, zoom; the middle of the parks where the
        package does not say.
        """
        view = self.package.get("view")
        if view:
            return float(view["lon"]), float(view["lat"]), float(view["zoom"])
        west, south, east, north = self.layer("parks").total_bounds
        return (west + east) / 2, (south + north) / 2, 8.0

    def map(self, *layer_ids: str) -> Any:
        """Draw layers on a Folium map; all layers of places where none is named."""
        from geo import maps

        shown = layer_ids or [layer.id for layer in layers.LAYERS.values() if layer.place]
        return maps.draw({layers.get(layer_id).title: self.layer(layer_id) for layer_id in shown})

    def index(self, layer_id: str = "parks") -> Index:
        """Return what a layer is searched by: all places together, any other layer alone."""
        from geo.search import Index

        layer = layers.get(layer_id)
        together = (
            [other for other in layers.LAYERS.values() if other.place] if layer.place else [layer]
        )

        def make() -> Index:
            frames = [(other, self.layer(other.id)) for other in together]
            if not layer.place:
                return Index.build(frames, self._names_referred(layer), self._province_names)
            return Index.build(frames, self.table("aliases"), self._province_names, self._tenants())

        return self.keep(("index", together[0].id), make)

    def _tenants(self) -> dict[str, list[str]]:
        """Name the companies of each park, whose plant or project is known to be there."""
        tenants: dict[str, list[str]] = {}
        for layer_id, column in (("plants", "name_en"), ("projects", "investor")):
            known = self.layer(layer_id)[["park", column]].dropna()
            for park, company in known.itertuples(index=False):
                tenants.setdefault(park, []).append(company)
        return tenants

    def _names_referred(self, layer: Layer) -> pd.DataFrame:
        """Name the places that each record belongs to, in the form of the table ``aliases``."""
        frame, named = self.layer(layer.id), list[tuple[str, str]]()
        for field in layer.fields:
            if field.refers and layers.LAYERS[field.refers].place:
                places = self.layer(field.refers)
                named += [
                    (str(key), name)
                    for key, cell in frame[field.name].dropna().items()
                    for place in layers.unfold(cell)
                    if place in places.index
                    for name in layers.names(_row(places, place))
                ]
        return pd.DataFrame(named, columns=["place", "name"])

    def select(self, layer_id: str, filters: Mapping[str, Any]) -> gpd.GeoDataFrame:
        """Keep the rows of a layer that match every filter: a part of its frame; what is searched
        for ``q`` comes the best first.

        Parameters
        ----------
        filters
            ``q`` as :meth:`geo.search.Index.find` takes it; the others as
            :func:`geo.layers.narrow`.
        """
        frame = self.layer(layer_id)
        kept = layers.narrow(frame, {key: wanted for key, wanted in filters.items() if key != "q"})
        if "q" not in filters:
            return kept
        hits = self.index(layer_id).find(filters["q"])
        return kept.loc[[key for key in hits if key in kept.index]]

    def rows(self, layer_id: str, at: Iterable[int]) -> list[dict[str, Any]]:
        """Return some rows of a layer by column, as ``to_dict("records")`` does of all, by their
        numbers: a few are there in no time.
        """

        def make() -> tuple[list[str], list[list[Any]]]:
            columns = pd.DataFrame(frame).to_dict("list")
            return [str(name) for name in columns], list(columns.values())

        def take() -> tuple[list[str], list[Any]]:
            return list(map(str, frame.columns)), [frame[name].array for name in frame.columns]

        at = list(at)
        frame = self.layer(layer_id)
        if len(frame) > MOST_UNFOLDED:
            names, arrays = self.keep(("arrays", layer_id), take)
            cells = ([array[row] for array in arrays] for row in at)
            return [dict(zip(names, map(_plain, row), strict=True)) for row in cells]
        names, columns = self.keep(("columns", layer_id), make)
        return [dict(zip(names, [column[row] for column in columns], strict=True)) for row in at]

    def hits(self, layer_id: str, query: str) -> dict[str, Rank]:
        """Return what :meth:`geo.search.Index.find` finds in a layer, or in all layers of places
        for one of them; the last answers are kept.
        """
        together = "places" if layers.get(layer_id).place else layer_id
        return self._hits.get((together, query), lambda: self.index(layer_id).find(query))

    def facets(self, layer_id: str) -> Facets:
        """Return the filters of a layer with their counts."""
        from geo.facets import Facets

        return self.keep(("facets", layer_id), lambda: Facets(self.layer(layer_id)))

    def chosen(self, layer_id: str, filters: Mapping[str, Any]) -> NDArray[np.bool_] | None:
        """Return which rows of a layer match every filter, as :meth:`select` keeps them; None where
        nothing is filtered by. The last choices are kept.

        Parameters
        ----------
        filters
            As :meth:`select` takes them, without ``bbox``.
        """
        if not filters:
            return None

        def make() -> NDArray[np.bool_]:
            columns = {name: wanted for name, wanted in filters.items() if name != "q"}
            kept = self.facets(layer_id).matching(columns)
            if "q" in filters:
                keys = list(self.hits(layer_id, filters["q"]))
                kept &= self.layer(layer_id).index.isin(keys)
            return kept

        key = (
            layer_id,
            tuple(
                (name, wanted if isinstance(wanted, str) else tuple(sorted(set(wanted))))
                for name, wanted in sorted(filters.items())
            ),
        )
        return self._choices.get(key, make)

    def tiles(self, layer_id: str) -> PointTiles | ShapeTiles:
        """Return the index from which the tiles of a layer with positions are made."""
        from geo import tiles

        layer = layers.get(layer_id)
        return self.keep(("tiles", layer_id), lambda: tiles.index(layer, self.layer(layer_id)))

    # Places

    def place(self, place_id: str) -> tuple[Layer, gpd.GeoDataFrame]:
        """Find a feature that has a page, by its id in any layer of places: its layer, and a frame
        of one row.
        """

        def make() -> tuple[Layer, gpd.GeoDataFrame]:
            for layer in layers.LAYERS.values():
                if layer.place and place_id in self.layer(layer.id).index:
                    return layer, self.layer(layer.id).loc[[place_id]]
            raise NotFoundError(Message("There is no site “%(id)s”.", {"id": place_id}))

        return self._places.get(place_id, make)

    def point(self, lon: float, lat: float) -> gpd.GeoDataFrame:
        """Make a layer of one point, with the country it lies in: empty at sea and outside the map,
        where no road begins.
        """
        place = gpd.points_from_xy([lon], [lat], crs=4326)
        return gpd.GeoDataFrame(
            {"country": [self.country(lon, lat)], "geometry": place},
            index=["point"],
            geometry="geometry",
        )

    def where(self, where: Where) -> gpd.GeoDataFrame:
        """Return the points that are meant as a frame."""
        if isinstance(where, str):
            return self.place(where)[1]
        return self.point(*where) if isinstance(where, tuple) else where

    def country(self, lon: float, lat: float) -> str:
        """Find in which country a point lies: empty at sea.

        A package that draws no countries and has places in one only lies in that one.

        Raises
        ------
        NotFoundError
            The package has places in several countries and draws none of them: joined to whatever
            road is near, a point on one side of a border would have ways from the other.
        """

        def make() -> proximity.Locator | None:
            countries = self.countries()
            return None if countries is None else proximity.Locator(countries, "country")

        locator = self.keep("locator", make)
        if locator is not None:
            return locator.find(np.array([[lon, lat]]), within_m=COAST_TOLERANCE_M)[0] or ""
        names = {*self.layer("parks")["country"], *self.targets()["country"]}
        if len(names) > 1:
            raise NotFoundError(
                Message(
                    "This data package draws no countries, so it is not known on which side of a"
                    " border the point lies. Choose a site instead; the operator makes the file"
                    " %(file)s with %(command)s.",
                    {
                        "file": layers.OUTLINES,
                        "command": "python data/basemap/build.py --bbox W,S,E,N --out DIR",
                    },
                )
            )
        return str(next(iter(names), ""))

    def countries(self) -> gpd.GeoDataFrame | None:
        """Return the countries as polygons; None where the package draws none."""
        return self.keep("countries", lambda: layers.read_countries(self.data))

    def population(self) -> gpd.GeoDataFrame:
        """Return the places whose people are counted, as points."""

        def make() -> gpd.GeoDataFrame:
            table = self.table("population").set_index("id")
            return gpd.GeoDataFrame(
                table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
            )

        return self.keep("population", make)

    def targets(self) -> gpd.GeoDataFrame:
        """Return everything whose access is told, in one layer: ``layer``, names, ``kind``,
        countries; gates have two.
        """

        def make() -> gpd.GeoDataFrame:
            columns = [
                *("name_en", "name_vi", "name_zh", "kind"),
                *("country", "opposite_country", "geometry"),
            ]
            parts = [
                self.layer(layer_id).reindex(columns=columns).assign(layer=layer_id)
                for layer_id in TARGETS
            ]
            return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=4326)

        return self.keep("targets", make)


def _row(frame: gpd.GeoDataFrame, key: str) -> dict[str, Any]:
    """Return a row of a layer by column."""
    return {str(name): value for name, value in frame.loc[key].items()}


def _plain(cell: Any) -> Any:
    """Return a cell of an array as Python has it."""
    return cell.item() if isinstance(cell, np.generic) else None if cell is pd.NA else cell
