"""The layer of corridors: roads, railways and waterways."""

from __future__ import annotations

from geo.schema.fields import (
    ACCURACY,
    AS_OF_UNKNOWN,
    COUNTRY,
    ID,
    NAMES,
    NOTES,
    SOURCE,
    STATUS,
    Field,
    Layer,
    amount,
    line,
    year,
)

ROAD_KINDS = ("expressway", "national_road", "provincial_road")
RAIL_KINDS = ("railway", "high_speed_rail")
WATER_KINDS = ("waterway",)
"""Drawn, and in no network: no vehicle here goes by water."""
CORRIDORS = Layer(
    "corridors",
    "Transport corridors",
    "Expressways, main roads, railways and waterways as lines along the mapped ones, a sketch where"
    " nothing is mapped; made by corridors/build.py.",
    "LineString",
    (
        ID,
        *NAMES,
        Field("ref", "Number"),
        Field("kind", "Kind", required=True, allowed=ROAD_KINDS + RAIL_KINDS + WATER_KINDS),
        STATUS,
        COUNTRY,
        amount("design_speed_kph", "Design speed", "", "km/h", 500),
        year("open_year", "Opened", "Year of opening, or the year announced for it."),
        Field("cross_section", "Lanes or gauge"),
        amount(
            "published_length_km",
            "Published length",
            "Empty means unknown.",
            "km",
            10_000,
        ),
        Field(
            "line_source",
            "Source of the line",
            "As in roads, or `sketch`; several are separated by semicolons.",
        ),
        Field(
            "mapped_pct",
            "Share of the line that is mapped",
            "The rest is a sketch, drawn from place to place.",
            "%",
            "number",
            minimum=0,
            maximum=100,
        ),
        ACCURACY,
        NOTES,
        *SOURCE,
        AS_OF_UNKNOWN,
        line(
            "Well-known text, WGS 84, longitude before latitude. The line of a railway has"
            " each of its stations among its points."
        ),
    ),
)
