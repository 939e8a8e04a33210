"""What an atlas knows already: its sites by any of their names, its provinces, its places."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo import crs, layers, proximity
from geo.errors import InputError, Message
from geo.exchange import encodings
from geo.layers.region import Region
from geo.schema import LAYERS, Layer
from geo.search import SHORT, fold
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


def name_key(text: str) -> str:
    """Reduce a name to what is compared: no marks, traditional as simplified characters, usual
    abbreviations, Roman as Arabic numerals, no blanks.
    """
    plain = fold(text)
    for long, brief in SHORT.items():
        plain = re.sub(rf"\b{long}\b", brief, plain)
    words = [_NUMERALS.get(word, word) for word in plain.split()]
    return "".join(words)


def bare_key(text: str) -> str:
    """Reduce a name further: without the words for what it is."""
    plain = fold(text)
    for long, brief in SHORT.items():
        plain = re.sub(rf"\b{long}\b", brief, plain)
    words = [_NUMERALS.get(word, word) for word in plain.split() if word not in _KINDS]
    key = "".join(words)
    for word in _KINDS:
        if word > "\u2e80":
            key = key.replace(word, "")
    return key.translate(_DIGITS)


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
    """

    layer: Layer
    frame: gpd.GeoDataFrame
    region: Region
    aliases: pd.DataFrame
    province_names: Callable[[str], Iterable[str]] = lambda name: (name,)

    @classmethod
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
            The layer is not one of places.
        """
        import geopandas as gpd
        import pandas as pd

        placed = [layer.id for layer in LAYERS.values() if layer.place]
        if layers.get(layer_id).id not in placed:
            raise InputError(
                Message(
                    "Files are examined for layers of places: %(known)s.",
                    {"known": ", ".join(placed)},
                )
            )
        frames = {name: layers.read(folder, name) for name in dict.fromkeys((layer_id, *placed))}
        columns = ["country", "province_en", "position_accuracy_m", "geometry"]
        places = gpd.GeoDataFrame(
            pd.concat([frames[name][columns] for name in placed]), crs=crs.WGS84
        )
        box = layers.describe(folder).get("bbox")
        edges = tuple(float(edge) for edge in box) if box else None
        region = Region(edges, layers.read_countries(folder), places)  # type: ignore[arg-type]
        aliases = layers.read_table(folder, "aliases")
        return cls(layers.get(layer_id), frames[layer_id], region, aliases, province_names)

    def names(self) -> dict[str, list[str]]:
        """Return all names of each site, by its id."""
        names = {
            str(key): [*layers.names({str(name): cell for name, cell in row.items()})]
            for key, row in zip(self.frame.index, self.frame.to_dict("records"), strict=True)
        }
        for place, name in zip(self.aliases["place"], self.aliases["name"], strict=True):
            if str(place) in names:
                names[str(place)].append(str(name))
        return names

    @cached_property
    def _keys(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        exact: dict[str, set[str]] = {}
        loose: dict[str, set[str]] = {}
        for site, names in self.names().items():
            exact.setdefault(name_key(site.replace("-", " ")), set()).add(site)
            for name in names:
                exact.setdefault(name_key(name), set()).add(site)
                if key := bare_key(name):
                    loose.setdefault(key, set()).add(site)
        return exact, loose

    def called(self, names: Iterable[str]) -> tuple[list[str], bool]:
        """Find the sites that have one of these names, and whether they have it in full, not only
        without the words for what they are.
        """
        exact, loose = self._keys
        names = [name for name in names if name]
        sites = {site for name in names for site in exact.get(name_key(name), ())}
        if sites:
            return sorted(sites), True
        return sorted({site for name in names for site in loose.get(bare_key(name), ())}), False

    @cached_property
    def words(self) -> frozenset[str]:
        """The words beyond ASCII of all names."""
        texts = [name for names in self.names().values() for name in names]
        for province in self.provinces.values():
            texts += self.province_names(province)
        return frozenset(word for text in texts for word in encodings.words_of(text))

    @cached_property
    def provinces(self) -> dict[str, str]:
        """The English name of each province by its folded names; a former province stands for
        today's.
        """
        table: dict[str, str] = {}
        if FORMER in self.frame:
            pairs = zip(self.frame[FORMER], self.frame["province_en"], strict=True)
            for former, today in pairs:
                if isinstance(former, str):
                    for name in self.province_names(former):
                        table[bare(folded(name))] = str(today)
        for province in sorted(set(self.region.places["province_en"].dropna())):
            for name in self.province_names(province):
                table[bare(folded(name))] = province
        return table

    def province(self, text: str) -> str:
        """Return the English name of a province; empty where it is not known."""
        return self.provinces.get(bare(folded(text)), "") if folded(text) else ""

    def site(self, site: str) -> Any:
        """Return a site's row."""
        return self.frame.loc[site]

    @cached_property
    def accuracy_m(self) -> dict[str, float]:
        """How far the position of each site may be off, by its id; 0 where that is unknown."""
        column = self.frame["position_accuracy_m"].fillna(0)
        return {str(key): float(value) for key, value in column.items()}

    @cached_property
    def _at(self) -> dict[str, int]:
        return {str(key): at for at, key in enumerate(self.frame.index)}

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """The positions of the sites, (n, 2)."""
        points = self.frame.geometry.representative_point()
        return np.column_stack([points.x, points.y])

    def position(self, site: str) -> NDArray[np.float64]:
        """Return longitude and latitude of a site."""
        point: NDArray[np.float64] = self.positions[self._at[site]]
        return point

    @cached_property
    def places(self) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """The positions of all places, and their provinces."""
        return (
            proximity.lonlat(self.region.places),
            self.region.places["province_en"].to_numpy(object),
        )
