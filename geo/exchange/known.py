"""What an atlas knows already: its sites by any of their names, its provinces, its places."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo import crs, layers, proximity
from geo.errors import InputError, Message
from geo.exchange import encodings
from geo.exchange.quiet import quiet
from geo.layers.region import Region
from geo.schema import LAYERS, Layer
from geo.search import SHORT, fold_lines
from geo.text import bare
from geo.text import fold as folded

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_KINDS = (
    "kcn",
    "ccn",
    "kkt",
    "khu",
    "cum",
    "ip",
    "iz",
    "ez",
    "industrial",
    "economic",
    "park",
    "zone",
    "cluster",
    "产业园区",
    "工业园区",
    "产业园",
    "工业园",
    "园区",
    "工业区",
    "经济区",
    "开发区",
)
"""Words for what a site is, which people leave out of its name."""
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}
_DIGITS = str.maketrans("一二三四五六", "123456")
FORMER = "province_former_en"


_SHORT = [  # what begins with a letter is found sooner than a border of words
    (re.compile(rf"{long}(?<=\b{long})\b"), brief) for long, brief in SHORT.items()
]
_NUMERAL = re.compile(rf"\b(?:{'|'.join(_NUMERALS)})\b")
_KIND = re.compile(rf"\b(?:{'|'.join(word for word in _KINDS if word.isascii())})\b")


BROUGHT = tuple(
    layer for layer in LAYERS.values() if layer.place or (layer.optional and layer.has("name_en"))
)
"""Layers that files are brought for: places, and tables of records with names."""


def keys_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Reduce names to what is compared: no marks, traditional as simplified characters, usual
    abbreviations, Roman as Arabic numerals, no blanks; and the same without the words for what they
    are.
    """
    if not names:
        return []
    text = fold_lines(names)
    for pattern, brief in _SHORT:
        text = pattern.sub(brief, text)
    text = _NUMERAL.sub(lambda match: _NUMERALS[match[0]], text)
    less = _KIND.sub("", text).replace(" ", "")
    for word in _KINDS:
        if not word.isascii():
            less = less.replace(word, "")
    less = less.translate(_DIGITS)
    return list(zip(text.replace(" ", "").split("\n"), less.split("\n"), strict=True))


def name_key(text: str) -> str:
    """Return the first key of :func:`keys_of`."""
    return keys_of([text])[0][0]


@dataclass(frozen=True, eq=False)
class Known:
    """What an atlas knows of a layer.

    Attributes
    ----------
    layer
        The layer that a file is brought for.
    frame
        Its rows, WGS 84, indexed by id.
    region
        Where its places lie, and all places with their provinces.
    aliases
        Further names: ``place`` and ``name``.
    province_names
        All names of a province, whose English one the layers hold.
    frames
        The rows of all layers of places, by layer.
    """

    layer: Layer
    frame: gpd.GeoDataFrame
    region: Region
    aliases: pd.DataFrame
    province_names: Callable[[str], Iterable[str]] = lambda name: (name,)
    frames: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    @classmethod
    @quiet()
    def read(
        cls,
        folder: str | os.PathLike[str],
        layer_id: str,
        province_names: Callable[[str], Iterable[str]] = lambda name: (name,),
    ) -> Known:
        """Read what a data package knows; errors as :func:`geo.layers.read`.

        Raises
        ------
        InputError
            The layer is not one of ``BROUGHT``.
        """
        import geopandas as gpd
        import pandas as pd

        placed = [layer.id for layer in LAYERS.values() if layer.place]
        brought = [layer.id for layer in BROUGHT]
        if layers.get(layer_id).id not in brought:
            raise InputError(
                Message(
                    "Files are examined for layers with names: %(known)s.",
                    {"known": ", ".join(brought)},
                )
            )
        frames = {name: layers.read(folder, name) for name in dict.fromkeys((layer_id, *placed))}
        columns = ["country", "province_en", FORMER, "position_accuracy_m", "geometry"]
        parts = [frames[name].reindex(columns=columns) for name in placed]
        places = gpd.GeoDataFrame(pd.concat(parts), crs=crs.WGS84)
        box = layers.describe(folder).get("bbox")
        edges = tuple(float(edge) for edge in box) if box else None
        region = Region(edges, layers.read_countries(folder), places)  # type: ignore[arg-type]
        aliases = layers.read_table(folder, "aliases")
        known = layers.get(layer_id), frames[layer_id], region, aliases, province_names
        return cls(*known, {name: frames[name] for name in placed})

    def of(self, layer_id: str) -> Known:
        """Return what is known of a layer of places, to which rows of this one refer."""
        if layer_id not in self._others:
            frame = self.frames[layer_id]
            self._others[layer_id] = replace(self, layer=layers.get(layer_id), frame=frame)
        return self._others[layer_id]

    @cached_property
    def _others(self) -> dict[str, Known]:
        return {}

    def containing(self, key: str, least: int) -> list[str]:
        """Find the sites in whose names, as :func:`keys_of` reduces them, a key of at least so
        many letters stands, those of the shortest names first.
        """
        if len(key) < least:
            return []
        pairs = sorted(
            (len(name), site)
            for name, sites in self._keys[0].items()
            if key in name
            for site in sites
        )
        return list(dict.fromkeys(site for _length, site in pairs))

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """All names of each site, by its id."""
        named = [name for name in self.frame.columns if "name_" in str(name)]
        names: dict[str, list[str]] = {str(key): [] for key in self.frame.index}
        for name in named:
            texts = self.frame[name].to_numpy(object).tolist()
            for called, text in zip(names.values(), texts, strict=True):
                if isinstance(text, str) and text:
                    called.append(text)
        for place, name in zip(self.aliases["place"], self.aliases["name"], strict=True):
            if str(place) in names:
                names[str(place)].append(str(name))
        return names

    @cached_property
    def _keys(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        exact: dict[str, list[str]] = {}
        loose: dict[str, list[str]] = {}
        names = self.names
        ids = keys_of([site.replace("-", " ") for site in names])
        for site, (key, _) in zip(names, ids, strict=True):
            exact.setdefault(key, []).append(site)
        pairs = [(site, name) for site, own in names.items() for name in own]
        called = keys_of([name for _, name in pairs])
        for (site, _), (key, less) in zip(pairs, called, strict=True):
            exact.setdefault(key, []).append(site)
            if less:
                loose.setdefault(less, []).append(site)
        return exact, loose

    def called(self, names: Iterable[str]) -> tuple[list[str], bool]:
        """Find the sites that have one of these names, and whether they have it in full, not only
        without the words for what they are.
        """
        return self.with_keys(keys_of([name for name in names if name]))

    def with_keys(self, keys: Sequence[tuple[str, str]]) -> tuple[list[str], bool]:
        """Find them by what :func:`keys_of` returned for their names."""
        exact, loose = self._keys
        sites = {site for key, _ in keys for site in exact.get(key, ())}
        if sites:
            return sorted(sites), True
        return sorted({site for _, less in keys for site in loose.get(less, ())}), False

    @cached_property
    def words(self) -> frozenset[str]:
        """The words beyond ASCII of all names."""
        texts = [name for names in self.names.values() for name in names]
        for province in self.provinces.values():
            texts += self.province_names(province)
        words = {word for text in texts if not text.isascii() for word in text.split()}
        return frozenset(encodings.words_of("\n".join(words)))

    @cached_property
    def provinces(self) -> dict[str, str]:
        """The English name of each province by its folded names; a former province stands for
        today's.
        """
        table: dict[str, str] = {}
        places = self.region.places
        if FORMER in places:
            pairs = places[[FORMER, "province_en"]].drop_duplicates()
            for former, today in pairs.itertuples(index=False):
                if isinstance(former, str):
                    for name in self.province_names(former):
                        table[bare(folded(name))] = str(today)
        for province in sorted(self.region.places["province_en"].dropna().unique()):
            for name in self.province_names(province):
                table[bare(folded(name))] = province
        return table

    def province(self, text: str) -> str:
        """Return the English name of a province; empty where it is not known."""
        return self.provinces.get(bare(folded(text)), "") if folded(text) else ""

    @cached_property
    def countries(self) -> dict[str, str]:
        """The country of each province, by its English name; without those of several."""
        places = self.region.places.dropna(subset=["province_en"])
        pairs = places[["province_en", "country"]].drop_duplicates()
        single = pairs.drop_duplicates("province_en", keep=False)
        return dict(zip(single["province_en"], single["country"], strict=True))

    @cached_property
    def titles(self) -> dict[str, str]:
        """The English name of each site."""
        return dict(zip(map(str, self.frame.index), map(str, self.frame["name_en"]), strict=True))

    @cached_property
    def areas_ha(self) -> NDArray[np.float64]:
        """The area of each site, NaN where it is not known."""
        if "area_ha" not in self.frame:
            return np.full(len(self.frame), np.nan)
        return self.frame["area_ha"].to_numpy(float, na_value=np.nan)

    @cached_property
    def accuracy_m(self) -> dict[str, float]:
        """How far the position of each site may be off, by its id; 0 where that is unknown."""
        if "position_accuracy_m" not in self.frame:
            return dict.fromkeys(self.at, 0.0)
        column = self.frame["position_accuracy_m"].fillna(0)
        return {str(key): float(value) for key, value in column.items()}

    @cached_property
    def at(self) -> dict[str, int]:
        """The number of each site, from 0, by its id."""
        return {str(key): at for at, key in enumerate(self.frame.index)}

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """The positions of the sites, (n, 2); NaN of records, which have none."""
        if not self.layer.geometry:
            return np.full((len(self.frame), 2), np.nan)
        points = self.frame.geometry.representative_point()
        return np.column_stack([points.x, points.y])

    def position(self, site: str) -> NDArray[np.float64]:
        """Return longitude and latitude of a site."""
        point: NDArray[np.float64] = self.positions[self.at[site]]
        return point

    @cached_property
    def ids(self) -> list[str]:
        """The identifiers of the sites, by number."""
        return list(self.at)

    @cached_property
    def everywhere(self) -> cKDTree:
        """The positions of all places in the plane of Mercator."""
        return _tree(self.places[0])

    @cached_property
    def by_province(self) -> dict[str, cKDTree]:
        """The positions of the places of each province in that plane."""
        points, provinces = self.places
        return {
            province: _tree(points[provinces == province])
            for province in sorted({name for name in provinces if isinstance(name, str)})
        }

    @cached_property
    def places(self) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """The positions of all places, and their provinces."""
        return (
            proximity.lonlat(self.region.places),
            self.region.places["province_en"].to_numpy(object),
        )


def _tree(points: NDArray[np.float64]) -> cKDTree:
    return cKDTree(crs.mercator(points), balanced_tree=False, compact_nodes=False)
