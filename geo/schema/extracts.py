"""The fields of the table ``extracts``: files of OpenStreetMap that cover a region."""

from __future__ import annotations

from geo.schema.fields import ID, NAMES, NOTES, SOURCED, Field


def _edge(name: str, title: str, most: float) -> Field:
    return Field(
        name,
        title,
        "Of the box that the roads are cut to, WGS 84.",
        "°",
        "number",
        required=True,
        minimum=-most,
        maximum=most,
    )


EXTRACTS = (
    ID,
    *NAMES,
    Field(
        "url",
        "Address",
        "Where it is downloaded from; the ending tells the format.",
        required=True,
        pattern=r"https?://\S+\.(pbf|osm|osm\.gz|osm\.bz2)",
    ),
    Field(
        "md5_url",
        "Address of the checksum",
        "A file whose first word is the MD5 of the extract of today. Empty means that there is"
        " none.",
        pattern=r"https?://\S+",
    ),
    Field(
        "sha256",
        "SHA-256",
        "Of an extract that does not change. Empty for one that is made anew now and then.",
        pattern=r"[0-9a-fA-F]{64}",
    ),
    Field("licence", "Licence", "SPDX identifier.", required=True),
    Field("attribution", "Attribution", "To be shown with the roads.", required=True),
    _edge("west", "West", 180),
    _edge("south", "South", 90),
    _edge("east", "East", 180),
    _edge("north", "North", 90),
    NOTES,
    *SOURCED,
)
