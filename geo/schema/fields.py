"""The kinds of fields: what a column of a layer or table may be declared as, and the columns that
several of them share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

FieldType = Literal["string", "number", "integer", "boolean", "list", "line"]
"""A “list” is separated by semicolons, a “line” is well-known text; both are strings to others."""

COUNTRIES = r"[A-Z]{2}"
DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
"""A year, a month or a day; one that the calendar does not have is a fault, too."""
FULL_DATE = r"\d{4}-\d{2}-\d{2}"
SOURCE_KINDS = ("survey", "page", "code", "memory", "estimate")
SECTORS = (
    "automobile",
    "aviation",
    "building_materials",
    "chemicals",
    "electronics",
    "export_processing",
    "food_processing",
    "high_tech",
    "logistics",
    "mechanical_engineering",
    "metallurgy",
    "minerals_processing",
    "new_energy",
    "pharmaceuticals",
    "shipbuilding",
    "supporting_industry",
    "textiles",
    "trade_services",
    "wood_furniture",
)
QUAYS = (
    "container_quay",
    "general_cargo",
    "dry_bulk",
    "liquid_bulk",
    "offshore_supply",
    "passenger_quay",
    "river_quay",
)
MOST_HA = 1_000_000.0
"""The largest zones here, economic zones at the coast with their sea, have some 200,000 ha; this is
a square of 100 km.
"""
MOST_RENT = 10_000.0
"""No land is leased for more per m² and term, in USD; the dearest in the data costs 130."""
MOST_WAIT_S = 864_000.0
"""Ten days."""
MOST_DWT = 600_000.0
"""The largest ship ever built carried 565,000 t."""


@dataclass(frozen=True)
class Field:
    """A column of a layer. ``unit`` is what a person reads; the unit is also in the name.

    ``refers`` names the layer whose identifiers it holds, ``not_below`` the field of the same row
    than which it is neither less nor earlier."""

    name: str
    title: str
    description: str = ""
    unit: str = ""
    type: FieldType = "string"
    required: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    refers: str = ""
    not_below: str = ""

    def described(self) -> str:
        """Return what the field is, with its unit."""
        unit = f"Unit: {self.unit}." if self.unit else ""
        return " ".join(filter(None, (f"{self.title}.", self.description, unit)))


@dataclass(frozen=True)
class Layer:
    """A layer of the map: ``collection`` in the API, resource in the data package.

    Points stand in the columns ``lon`` and ``lat``, lines in ``wkt``. A layer with
    ``geometry=None`` is a table: pages list its fields ``shown``, the first of which is what a row
    is called. A package may leave out an ``optional`` one."""

    id: str
    title: str
    description: str
    geometry: Literal["Point", "LineString"] | None
    fields: tuple[Field, ...]
    place: bool = False
    shown: tuple[str, ...] = ()
    optional: bool = False

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_name)

    def field(self, name: str) -> Field:
        return self.by_name[name]

    def has(self, name: str) -> bool:
        return name in self.by_name


def amount(
    name: str, title: str, description: str, unit: str, maximum: float, required: bool = False
) -> Field:
    """Describe an amount from zero to what would be absurd: far above anything there is, far below
    a slip of the unit."""
    return Field(
        name, title, description, unit, "number", minimum=0, maximum=maximum, required=required
    )


def source_kind(name: str, of: str) -> Field:
    return Field(
        name,
        f"Kind of source of the {of}",
        f"How the {of} is known: surveyed, read on a page, taken from public code or data, or"
        " remembered.",
        allowed=SOURCE_KINDS,
    )


def line(description: str) -> Field:
    """Describe the column that holds the line of a row."""
    return Field(
        "wkt", "Line", description, type="line", required=True, pattern=r"LINESTRING \(.*\)"
    )


def year(name: str, title: str, description: str = "") -> Field:
    return Field(name, title, description, type="integer", minimum=1800, maximum=2100)


ID = Field(
    "id",
    "Identifier",
    "Stable, unique over all layers.",
    required=True,
    pattern=r"[a-z0-9]+(-[a-z0-9]+)*",
)
STATUSES = ("operating", "under_construction", "planned")
STATUS = Field("status", "Status", required=True, allowed=STATUSES)
NAMES = (
    Field("name_en", "English name", required=True),
    Field("name_vi", "Vietnamese name"),
    Field("name_zh", "Chinese name"),
)
COUNTRY = Field("country", "Country", "ISO 3166-1 alpha-2.", required=True, pattern=COUNTRIES)
PROVINCE = Field(
    "province_en", "Province", "Province or province-level unit of today.", required=True
)
PROVINCE_FORMER = Field(
    "province_former_en",
    "Former province",
    "Province before the last reform, where it has been renamed or merged.",
)
DISTRICT = (
    Field(
        "district",
        "District or city",
        "District, county or city; where districts have been abolished, the last one. Several are"
        " separated by semicolons.",
    ),
    Field("district_vi", "Vietnamese district or city", "As many as in `district`."),
    Field(
        "district_zh",
        "Chinese district or city",
        "With its unit, as many as in `district`. Empty means that no usual name is known.",
    ),
)
COMMUNE = (
    Field(
        "commune",
        "Ward or commune",
        "Unit of today where districts have been abolished, without marks. Several are separated"
        " by semicolons. Empty means unknown, or a country that has kept its districts.",
    ),
    Field("commune_local", "Ward or commune, local name", "As the country writes it."),
    Field(
        "commune_certainty",
        "Certainty of the commune",
        "Certain: the position lies in it with all of its stated error. Likely: the position lies"
        " in it, its error may reach beyond. Nearest: the position lies off every unit. Named: a"
        " source names it.",
        allowed=("certain", "likely", "nearest", "named"),
    ),
)
POINT = (
    Field(
        "lon", "Longitude", "WGS 84.", "°", type="number", required=True, minimum=-180, maximum=180
    ),
    Field("lat", "Latitude", "WGS 84.", "°", type="number", required=True, minimum=-90, maximum=90),
)
ACCURACY = amount(
    "position_accuracy_m",
    "Position accuracy",
    "Estimated error of the drawn position. A zone of many square kilometres has one point.",
    "m",
    100_000,
    required=True,
)
PLACED = (*POINT, ACCURACY)
NOTES = Field("notes", "Notes")
IN_ENGLISH = frozenset(("notes", "utilities", "cross_section", "product"))
"""Fields of remarks, which are written in English; others hold names and codes, or have a column
for each language.
"""
SOURCE = (
    Field(
        "source",
        "Source",
        "Where the row comes from; several are separated by semicolons.",
        required=True,
    ),
    Field(
        "source_kind",
        "Kind of source",
        "Best source behind at least one main attribute: a survey, a web page, public code or data,"
        " unverified knowledge, or an estimate from these.",
        required=True,
        allowed=SOURCE_KINDS,
    ),
)
AS_OF = Field(
    "as_of",
    "As of",
    "Date of the source; estimated for unverified rows.",
    required=True,
    pattern=DATE,
)
TITLES = (
    Field("title_en", "Title", required=True),
    Field("title_vi", "Vietnamese title"),
    Field("title_zh", "Chinese title"),
)
SUMMARIES = (
    Field("summary", "Summary", required=True),
    Field("summary_vi", "Vietnamese summary"),
    Field("summary_zh", "Chinese summary"),
)
VALID_TO = Field(
    "valid_to",
    "Valid to",
    "Last day, month or year. Empty means that no end is stated.",
    pattern=DATE,
)
SOURCED = (*SOURCE, AS_OF)
SOURCED_OR_ASSUMED = (
    SOURCE[0],
    replace(
        SOURCE[1], description="Assumed figures say so.", allowed=(*SOURCE_KINDS, "assumption")
    ),
    AS_OF,
)
AS_OF_UNKNOWN = Field("as_of", "As of", "Date of the source. Empty means unknown.", pattern=DATE)


def unfold(value: object) -> tuple[str, ...]:
    """Split the value of a ``list`` field; unknown gives an empty tuple."""
    return (
        tuple(part.strip() for part in value.split(";") if part.strip())
        if isinstance(value, str)
        else ()
    )


TERRAIN = Field(
    "terrain",
    "Terrain",
    "Whether main roads around wind as in mountains. Empty means any, or unknown.",
    allowed=("plain", "mountain"),
)
