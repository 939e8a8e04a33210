"""The tables of roads, and of how vehicles go by road, by rail and through gates."""

from __future__ import annotations

from dataclasses import replace

from geo.schema.fields import (
    ACCURACY,
    COUNTRIES,
    COUNTRY,
    DATE,
    ID,
    MOST_WAIT_S,
    NOTES,
    PLACED,
    SOURCED,
    SOURCED_OR_ASSUMED,
    TERRAIN,
    Field,
    line,
    source_kind,
)

PACES = ("quick", "usual", "bad")
ROAD_TABLES: dict[str, tuple[Field, ...]] = {
    "roads": (
        ID,
        Field(
            "road_class",
            "Road class",
            "OpenStreetMap highway value, or `ferry`; of a road under construction the one that it"
            " will have.",
            required=True,
            pattern=r"[a-z_]+",
        ),
        Field("ref", "Number", "Number of the road."),
        Field("name", "Name", "In the language of the country, or in English."),
        COUNTRY,
        TERRAIN,
        Field(
            "structure",
            "Structure",
            "Empty means neither, or unknown.",
            allowed=("bridge", "tunnel"),
        ),
        Field(
            "one_way",
            "One way",
            "Whether it may be driven only in the direction in which it is drawn. False also where"
            " that is not known.",
            type="boolean",
            required=True,
        ),
        Field(
            "status",
            "Status",
            "What is under construction is not driven.",
            required=True,
            allowed=("open", "under_construction"),
        ),
        Field(
            "opening",
            "Opening",
            "Date on which it opened or is announced to open. Empty: opened before the date of the"
            " source, or unknown.",
            pattern=DATE,
        ),
        source_kind("opening_source_kind", "opening"),
        Field(
            "corridor",
            "Corridor",
            "Corridor that is not open yet and opens with this road; one may assume another year"
            " for it.",
            refers="corridors",
        ),
        Field(
            "opening_assumed",
            "Opening is assumed",
            "Under construction at the date of the source, and taken to be open today though nobody"
            " said so.",
            type="boolean",
        ),
        NOTES,
        *SOURCED_OR_ASSUMED,
        ACCURACY,
        line(
            "Well-known text, WGS 84, longitude before latitude. Roads meet where two lines have"
            " the same point, and nowhere else."
        ),
    ),
    "stations": (
        replace(ID, description="Stable, unique in this table."),
        Field(
            "corridor",
            "Railway",
            "Identifier in corridors. Where railways meet, each has a row of its own, in the same"
            " position.",
            required=True,
            refers="corridors",
        ),
        Field(
            "seq",
            "Order",
            "Order along the railway, in the direction of its line, from 1.",
            type="integer",
            required=True,
            minimum=1,
        ),
        Field("name_en", "English name", required=True),
        *PLACED,
        *SOURCED,
    ),
    "speeds": (
        Field(
            "profile",
            "Vehicle profile",
            "`car` or `truck` (40-ft container on a semi-trailer).",
            required=True,
        ),
        Field(
            "road_class",
            "Road class",
            "A kind of corridor, an OpenStreetMap highway value, or `access`: the leg from a site"
            " to the road.",
            required=True,
        ),
        Field(
            "country",
            "Country",
            "ISO 3166-1 alpha-2. Empty means any for which there is no row of its own.",
            pattern=COUNTRIES,
        ),
        TERRAIN,
        Field(
            "speed_kph",
            "Speed",
            "Average speed without waiting.",
            "km/h",
            type="number",
            required=True,
            minimum=1,
            maximum=150,
        ),
        *SOURCED_OR_ASSUMED,
    ),
    "transfers": (
        Field(
            "profile",
            "Vehicle profile",
            "A vehicle that is not listed cannot go by rail.",
            required=True,
        ),
        Field(
            "transfer_time_s",
            "Transfer time",
            "Time between the road at a station and the moving train, or back, waiting included.",
            "s",
            type="number",
            required=True,
            minimum=0,
            maximum=MOST_WAIT_S,
        ),
        *SOURCED_OR_ASSUMED,
    ),
    "crossings": (
        Field("profile", "Vehicle profile", required=True),
        Field(
            "kind",
            "Class of gate",
            "Classes that are not listed cannot be crossed.",
            required=True,
        ),
        Field(
            "pace",
            "Pace",
            "On what sort of day: quick, without a queue; usual; bad. Empty means quick. What is"
            " not listed takes as long as on a quick one.",
            allowed=PACES,
        ),
        Field(
            "needs",
            "Must be served",
            "A gate that is known not to serve this is closed to the profile; so is one of which it"
            " is not known whether it clears cargo.",
            allowed=("cargo", "passengers"),
        ),
        Field(
            "service_time_s",
            "Service time",
            "Time to pass the gate; on a quick day without a queue.",
            "s",
            type="number",
            required=True,
            minimum=0,
            maximum=MOST_WAIT_S,
        ),
        *SOURCED_OR_ASSUMED,
    ),
}
