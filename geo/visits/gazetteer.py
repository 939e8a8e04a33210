"""The places one can name in a trip: those of a data package by their id, with clock and country, and points anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import layers, proximity
from geo.errors import NotFoundError
from geo.region import COAST_TOLERANCE_M
from geo.schema import LAYERS
from geo.visits.itinerary import Place
from geo.visits.triptext import meant

LANGUAGES = ("en", "vi", "zh")


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

    frames: Mapping[str, Any]
    timezones: Mapping[str, str]
    profiles: tuple[str, ...]
    countries: Any = None
    layer_of: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer_of", {str(key): name for name, frame in self.frames.items() for key in frame.index})

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
        """Give a place by its id.

        Raises
        ------
        NotFoundError
            There is none, with the ids that may be meant; or nobody knows which clock holds there.
        """
        if place_id not in self.layer_of:
            raise NotFoundError(f"there is no place “{place_id}”{meant(place_id, self.layer_of)}")
        frame = self.frames[self.layer_of[place_id]]
        row = frame.loc[place_id]
        point = frame.geometry.loc[place_id]
        names = {language: str(row[f"name_{language}"]) for language in LANGUAGES if pd.notna(row[f"name_{language}"])}
        country = str(row["country"])
        accuracy = row["position_accuracy_m"]
        timezone = str(row["timezone"]) if "timezone" in frame and pd.notna(row["timezone"]) else self.timezones.get(country)
        if timezone is None:
            raise NotFoundError(f"“{place_id}” lies in {country}, and the clock of that country is unknown")
        return Place(
            place_id,
            names,
            float(shapely.get_x(point)),
            float(shapely.get_y(point)),
            None if pd.isna(accuracy) else float(accuracy),
            country,
            timezone,
        )

    @property
    def gates(self) -> tuple[str, ...]:
        """Give the ids of the border gates."""
        return tuple(str(key) for key in self.frames["gates"].index)

    def country_at(self, lon: float, lat: float) -> str | None:
        """Say in which country a point lies; None at sea, abroad, and where the package draws no countries."""
        if self._locator is None:
            return None
        found = self._locator.find(np.array([[lon, lat]]), within_m=COAST_TOLERANCE_M)[0]
        return None if found is None else str(found)

    @cached_property
    def _locator(self) -> proximity.Locator | None:
        return None if self.countries is None else proximity.Locator(self.countries, "country")
