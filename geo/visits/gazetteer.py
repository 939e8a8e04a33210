"""The places one can name in a trip: those of a data package by their id, with clock and country,
and points anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from geo import layers, proximity
from geo.errors import Message, NotFoundError
from geo.layers.region import COAST_TOLERANCE_M
from geo.schema import LAYERS
from geo.text import short
from geo.visits.place_names import PlaceNames
from geo.visits.trip import Place
from geo.visits.trip_values import proposed

if TYPE_CHECKING:
    import geopandas as gpd

LANGUAGES = ("en", "vi", "zh")

MOST_CHOICES = 6
"""So many places that share a name are listed in a sentence."""


@dataclass(frozen=True)
class Gazetteer:
    """The places of a data package; made once for many trips.

    Attributes
    ----------
    frames
        Layers of places by id, as :func:`geo.layers.read` gives them.
    timezones
        IANA name by country.
    profiles
        Vehicles there are speeds for.
    countries
        Outlines of countries, with ``country``; None where the package has none.
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    timezones: Mapping[str, str]
    profiles: tuple[str, ...]
    countries: gpd.GeoDataFrame | None = None
    layer_of: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "layer_of",
            {str(key): name for name, frame in self.frames.items() for key in frame.index},
        )

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Gazetteer:
        """Read the places of a data package; errors as :func:`geo.layers.read`."""
        clocks = layers.read_table(folder, "clocks")
        return cls(
            {layer.id: layers.read(folder, layer.id) for layer in LAYERS.values() if layer.place},
            dict(zip(clocks["country"], clocks["timezone"], strict=True)),
            tuple(dict.fromkeys(layers.read_table(folder, "speeds")["profile"])),
            layers.read_countries(folder),
        )

    def place(self, place_id: str) -> Place:
        """Return a place by its id.

        Raises
        ------
        NotFoundError
            There is none, with the ids that may be meant, by name where several places share it; or
            its clock is unknown.
        """
        if place_id not in self.layer_of:
            raise NotFoundError(self._unknown(place_id))
        frame = self.frames[self.layer_of[place_id]]
        row: dict[Any, Any] = frame.loc[place_id].dropna().to_dict()
        names = {
            language: str(row[f"name_{language}"])
            for language in LANGUAGES
            if f"name_{language}" in row
        }
        country = str(row["country"])
        accuracy = row.get("position_accuracy_m")
        timezone = row.get("timezone") or self.timezones.get(country)
        if timezone is None:
            raise NotFoundError(
                Message(
                    "“%(text)s” lies in %(country)s, and the clock of that country is unknown",
                    {"text": place_id, "country": country},
                )
            )
        return Place(
            place_id,
            names,
            row["geometry"].x,
            row["geometry"].y,
            None if accuracy is None else float(accuracy),
            country,
            timezone,
        )

    def _unknown(self, text: str) -> Message:
        """Return the sentence for a text that is not an id: with the places of that name, else with
        ids and names much like it.
        """
        known = self.names.find(text)
        close = get_close_matches(text, list(self.layer_of), 2, 0.6) if "-" in text else []
        if len(known) > 1 and not close:
            places = ", ".join(
                f"{key} ({short(str(self.frames[self.layer_of[key]].loc[key, 'name_en']))})"
                for key in known[:MOST_CHOICES]
            )
            return Message(
                "“%(text)s” may mean %(places)s; write one of these ids",
                {
                    "text": short(text),
                    "places": Message(
                        "%(places)s and %(count)s more",
                        {"places": places, "count": len(known) - MOST_CHOICES},
                    )
                    if len(known) > MOST_CHOICES
                    else places,
                },
            )
        return proposed(
            Message("there is no place “%(text)s”", {"text": text}),
            close or (known or self.names.similar(text))[:2],
        )

    @property
    def gates(self) -> tuple[str, ...]:
        """Return the ids of the border gates."""
        return tuple(str(key) for key in self.frames["gates"].index)

    def country_at(self, lon: float, lat: float) -> str | None:
        """Return the country in which a point lies; None at sea, abroad, and where no countries are
        drawn.
        """
        if self._locator is None:
            return None
        country = self._locator.find(np.array([[lon, lat]]), within_m=COAST_TOLERANCE_M)[0]
        return None if country is None else str(country)

    @cached_property
    def names(self) -> PlaceNames:
        """The names of the places, in all languages."""
        return PlaceNames(self.frames)

    @cached_property
    def _locator(self) -> proximity.Locator | None:
        return None if self.countries is None else proximity.Locator(self.countries, "country")
