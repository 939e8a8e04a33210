"""The tables that are not layers, and which fields they have."""

from __future__ import annotations

from geo.schema.extracts import EXTRACTS
from geo.schema.fields import (
    COUNTRIES,
    COUNTRY,
    FULL_DATE,
    ID,
    NAMES,
    NOTES,
    POINT,
    SOURCED,
    Field,
    amount,
    year,
)
from geo.schema.road_tables import PACES, ROAD_TABLES

__all__ = ["LARGE", "OPTIONAL", "PACES", "TABLES", "WEEKDAYS"]

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
TABLES: dict[str, tuple[Field, ...]] = {
    "gate_hours": (
        Field("gate", "Gate", "Identifier in gates.", required=True),
        Field(
            "towards",
            "Towards",
            "Country one comes to, ISO 3166-1 alpha-2. Empty means both directions.",
            pattern=COUNTRIES,
        ),
        Field(
            "kind",
            "Traffic",
            "Empty means passengers and cargo.",
            allowed=("passenger", "cargo"),
        ),
        Field(
            "vehicle_country",
            "Vehicles of",
            "Country where the vehicle is registered, ISO 3166-1 alpha-2. Empty means any.",
            pattern=COUNTRIES,
        ),
        Field(
            "weekdays",
            "Days of the week",
            "Days of which the row speaks, separated by semicolons. Empty means all of them.",
            type="list",
            allowed=WEEKDAYS,
        ),
        Field(
            "opening_hours",
            "Opening hours",
            "OpenStreetMap syntax, on the clock of the gate; PH are the holidays of the gate's"
            " country.",
            required=True,
        ),
        Field(
            "last_entry",
            "Last entry",
            "From this time of the day on, or so many minutes before closing, nobody enters:"
            " `15:00` or `30 min`. `25:30` is half past one after midnight. Empty means until"
            " closing.",
            pattern=r"([0-4]\d:[0-5]\d|\d{1,3} min)",
        ),
        Field(
            "closed_on",
            "Closed on holidays of",
            "Countries on whose public holidays it is closed, separated by semicolons. Empty means"
            " that no closure is stated.",
            type="list",
        ),
        Field(
            "workdays",
            "Follows working days of",
            "Closed on the holidays of these countries, and open on a weekend that all of them work"
            " in exchange for a day off.",
            type="list",
        ),
        Field(
            "valid_from",
            "Valid from",
            "First day. Empty means that it is not stated.",
            pattern=FULL_DATE,
        ),
        Field(
            "valid_to",
            "Valid to",
            "Last day. Empty means until something newer is published.",
            pattern=FULL_DATE,
        ),
        NOTES,
        *SOURCED,
    ),
    "notices": (
        ID,
        COUNTRY,
        amount(
            "within_m",
            "Within",
            "Distance from the land border of the country. Empty means in the whole country.",
            "m",
            1_000_000,
        ),
        Field(
            "applies_to",
            "Applies to",
            "Whom it concerns, separated by semicolons.",
            type="list",
            required=True,
            allowed=("foreigners", "foreign_surveyors", "visitors"),
        ),
        Field("text_en", "English text", "Worded as a hint to check.", required=True),
        Field("text_vi", "Vietnamese text", required=True),
        Field("text_zh", "Chinese text", required=True),
        Field(
            "assumption",
            "Assumption",
            "What of the distance or of the reading is assumed.",
        ),
        Field("legal_basis", "Legal basis", required=True),
        *SOURCED,
    ),
    "clocks": (
        COUNTRY,
        Field(
            "timezone",
            "Time zone",
            "IANA name.",
            required=True,
            pattern=r"[A-Za-z_]+/[A-Za-z_]+",
        ),
        Field("name", "Name", "Of the clock, in the language of the country.", required=True),
        *NAMES,
        *SOURCED,
    ),
    "aliases": (
        Field(
            "place",
            "Place",
            "Identifier of a feature that has a page.",
            required=True,
            pattern=ID.pattern,
        ),
        Field(
            "name",
            "Further name",
            "Another name in use, an older or a foreign one.",
            required=True,
        ),
        Field("language", "Language", "Of the name. Empty means any.", allowed=("en", "vi", "zh")),
        *SOURCED,
    ),
    "rent_benchmarks": (
        COUNTRY,
        *NAMES,
        amount(
            "rent_term_usd_m2",
            "Land rent",
            "Average of asking prices for the whole lease term.",
            "USD/m² per term",
            10_000,
            required=True,
        ),
        Field("stated_by", "Stated by", "Who publishes the average.", required=True),
        NOTES,
        *SOURCED,
    ),
    "population": (
        Field("id", "Identifier", required=True),
        Field(
            "area",
            "Area",
            "Official code of the ward, commune or county whose people these are; where it has"
            " several points, its people are shared among them.",
        ),
        Field("name_en", "Name", required=True),
        COUNTRY,
        *POINT,
        Field(
            "population", "Population", type="integer", required=True, minimum=1, maximum=50_000_000
        ),
        year("year", "Year of the count"),
        Field(
            "counted",
            "Who is counted",
            "People who live there, as in a census, or who are registered there.",
            allowed=("residents", "registered"),
        ),
        *SOURCED,
    ),
    "extracts": EXTRACTS,
    **ROAD_TABLES,
}

OPTIONAL = ("aliases", "extracts", "rent_benchmarks", "roads", "stations")
"""Tables that a package may leave out: without the file they are empty."""
LARGE = ("roads",)
"""Tables that are not held in memory, but read by who needs them."""
