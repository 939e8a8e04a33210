"""The table of layers: what each one is, which fields it has, and where its rows lie in a data
package.

Everything that needs to know a layer asks this table: the reader, the checks, the exports, the web
pages, the API and the schemas in ``datapackage.json`` (a test holds them to it)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

FieldType = Literal["string", "number", "integer", "boolean", "list"]

COUNTRIES = r"[A-Z]{2}"
DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
FULL_DATE = r"\d{4}-\d{2}-\d{2}"
SOURCE_KINDS = ("page", "code", "memory")
ASSUMED = (*SOURCE_KINDS, "assumption")
MOST_HA = 1_000_000.0
"""The largest zones here, economic zones at the coast with their sea, have some 200,000 ha; this is
a square of 100 km.
"""
MOST_RENT = 10_000.0
"""No land is leased for more per m² and term, in USD; the dearest in the data costs 130."""
MOST_WAIT_S = 864_000.0
"""Ten days."""


@dataclass(frozen=True)
class Field:
    """One column of a layer. ``unit`` is what a person reads; the unit is also in the name."""

    name: str
    type: FieldType
    title: str
    description: str = ""
    unit: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Layer:
    """A layer of the map: ``collection`` in the API, resource in the data package.

    ``vertices`` names the table of ordered vertices from which lines are built; without it the rows
    are points, taken from the columns ``lon`` and ``lat``. A layer with ``geometry=None`` is a
    table."""

    id: str
    title: str
    description: str
    geometry: Literal["Point", "LineString"] | None
    fields: tuple[Field, ...]
    vertices: str | None = None
    place: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def has(self, name: str) -> bool:
        return name in self.names


def _number(
    name: str, title: str, description: str, unit: str, maximum: float, **more: object
) -> Field:
    """Describe an amount from zero to what would be absurd: far above anything there is, far below
    a slip of the unit.
    """
    return Field(name, "number", title, description, unit, minimum=0, maximum=maximum, **more)  # type: ignore[arg-type]


def _source_kind(name: str, of: str) -> Field:
    return Field(
        name,
        "string",
        f"Kind of source of the {of}",
        f"How the {of} is known: read on a page, taken from public code or data, or remembered.",
        allowed=SOURCE_KINDS,
    )


def _year(name: str, title: str, description: str = "") -> Field:
    return Field(name, "integer", title, description, minimum=1800, maximum=2100)


ID = Field(
    "id",
    "string",
    "Identifier",
    "Stable, unique over all layers.",
    required=True,
    pattern=r"[a-z0-9]+(-[a-z0-9]+)*",
)
NAMES = (
    Field("name_en", "string", "English name", required=True),
    Field("name_vi", "string", "Vietnamese name"),
    Field("name_zh", "string", "Chinese name"),
)
COUNTRY = Field(
    "country", "string", "Country", "ISO 3166-1 alpha-2.", required=True, pattern=COUNTRIES
)
PROVINCE = Field(
    "province_en", "string", "Province", "Province or province-level unit of today.", required=True
)
PROVINCE_FORMER = Field(
    "province_former_en",
    "string",
    "Former province",
    "Province before the last reform, where it has been renamed or merged.",
)
POINT = (
    Field("lon", "number", "Longitude", "WGS 84.", "°", required=True, minimum=-180, maximum=180),
    Field("lat", "number", "Latitude", "WGS 84.", "°", required=True, minimum=-90, maximum=90),
)
ACCURACY = _number(
    "position_accuracy_m",
    "Position accuracy",
    "Estimated error of the drawn position. A zone of many square kilometres has one point.",
    "m",
    100_000,
    required=True,
)
NOTES = Field("notes", "string", "Notes")
SOURCE = (
    Field(
        "source",
        "string",
        "Source",
        "Where the row comes from; several are separated by semicolons.",
        required=True,
    ),
    Field(
        "source_kind",
        "string",
        "Kind of source",
        "Best source behind at least one main attribute: a page, public code or data, or memory.",
        required=True,
        allowed=SOURCE_KINDS,
    ),
)
SOURCE_OR_ASSUMPTION = (
    SOURCE[0],
    replace(SOURCE[1], description="Assumed figures say so.", allowed=ASSUMED),
)
AS_OF = Field(
    "as_of",
    "string",
    "As of",
    "Date of the source; for remembered rows a guess.",
    required=True,
    pattern=DATE,
)
AS_OF_UNKNOWN = Field(
    "as_of", "string", "As of", "Date of the source. Empty means unknown.", pattern=DATE
)

STATUSES = ("operating", "under_construction", "planned")
STATUS = Field("status", "string", "Status", required=True, allowed=STATUSES)
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
ROAD_KINDS = ("expressway", "national_road", "provincial_road")
RAIL_KINDS = ("railway", "high_speed_rail")

LAYERS: dict[str, Layer] = {
    layer.id: layer
    for layer in (
        Layer(
            "parks",
            "Industrial parks and zones",
            "Industrial parks and clusters, economic, border-gate, bonded, high-tech and"
            " cross-border zones.",
            "Point",
            (
                ID,
                *NAMES,
                Field(
                    "kind",
                    "string",
                    "Kind",
                    required=True,
                    allowed=(
                        "industrial_park",
                        "industrial_cluster",
                        "economic_zone",
                        "border_gate_economic_zone",
                        "cross_border_zone",
                        "bonded_zone",
                        "hitech_zone",
                    ),
                ),
                COUNTRY,
                PROVINCE,
                PROVINCE_FORMER,
                Field(
                    "district",
                    "string",
                    "District or city",
                    "District, county or city; where districts have been abolished, the last one."
                    " Several are separated by semicolons.",
                ),
                *POINT,
                ACCURACY,
                _source_kind("position_source_kind", "position"),
                STATUS,
                _number(
                    "area_ha", "Area", "Gross area; its basis is in area_basis.", "ha", MOST_HA
                ),
                Field(
                    "area_basis",
                    "string",
                    "Basis of the area",
                    "What the area counts. Empty means that the source does not say.",
                    allowed=("planned", "licensed", "leasable", "leased"),
                ),
                _source_kind("area_source_kind", "area"),
                _number(
                    "leasable_ha",
                    "Leasable area",
                    "Land that can be leased to tenants.",
                    "ha",
                    MOST_HA,
                ),
                _source_kind("leasable_source_kind", "leasable area"),
                _number(
                    "occupancy_pct",
                    "Occupancy",
                    "Leased share. A remembered 100 only means “known as full”.",
                    "%",
                    100,
                ),
                _year("occupancy_year", "Year of the occupancy"),
                _source_kind("occupancy_source_kind", "occupancy"),
                _number(
                    "rent_term_low_usd_m2",
                    "Land rent, low",
                    "Asking price for the whole lease term, lower end.",
                    "USD/m² per term",
                    MOST_RENT,
                ),
                _number(
                    "rent_term_high_usd_m2",
                    "Land rent, high",
                    "Asking price for the whole lease term, upper end.",
                    "USD/m² per term",
                    MOST_RENT,
                ),
                _year(
                    "rent_year",
                    "Year of the rent",
                    "About 2020 where the source is an undated pin list of that time.",
                ),
                _source_kind("rent_source_kind", "rent"),
                _year("established_year", "Established"),
                Field("developer", "string", "Developer"),
                Field("sectors", "list", "Sectors", "Separated by semicolons.", allowed=SECTORS),
                Field("utilities", "string", "Utilities and remarks"),
                Field(
                    "policies",
                    "list",
                    "Policies",
                    "Identifiers in the layer policies, separated by semicolons.",
                ),
                Field(
                    "provenance",
                    "string",
                    "Source by field",
                    "What came from where, field by field, as the researcher noted it.",
                ),
                *SOURCE,
                AS_OF,
            ),
            place=True,
        ),
        Layer(
            "gates",
            "Border gates",
            "Land and rail border gates and their cargo lanes. Names and provinces of the other"
            " side begin with opposite_.",
            "Point",
            (
                ID,
                *NAMES,
                Field("opposite_name_en", "string", "English name, other side"),
                Field("opposite_name_vi", "string", "Vietnamese name, other side"),
                Field("opposite_name_zh", "string", "Chinese name, other side"),
                Field(
                    "kind",
                    "string",
                    "Class",
                    "International: open to third countries. Bilateral main: to the two neighbours."
                    " Auxiliary: to border trade.",
                    required=True,
                    allowed=("international", "bilateral_main", "auxiliary"),
                ),
                Field(
                    "mode", "string", "Mode", required=True, allowed=("road", "rail", "pedestrian")
                ),
                COUNTRY,
                PROVINCE,
                PROVINCE_FORMER,
                Field(
                    "opposite_country",
                    "string",
                    "Other country",
                    "ISO 3166-1 alpha-2.",
                    required=True,
                    pattern=COUNTRIES,
                ),
                Field("opposite_province_en", "string", "Province, other side"),
                *POINT,
                ACCURACY,
                Field("cargo", "boolean", "Cargo", "Goods are cleared here.", required=True),
                Field(
                    "passengers", "boolean", "Passengers", "People pass here. Empty means unknown."
                ),
                Field(
                    "opening_hours",
                    "string",
                    "Opening hours in general",
                    "Of the gate as a whole, where gate_hours has nothing closer. OpenStreetMap"
                    " syntax, on the clock of `timezone`. Empty means unknown, not closed.",
                ),
                _source_kind("opening_hours_source_kind", "opening hours"),
                Field("opening_hours_as_of", "string", "Opening hours as of", pattern=DATE),
                Field(
                    "timezone",
                    "string",
                    "Time zone of the hours",
                    "IANA name.",
                    required=True,
                    pattern=r"[A-Za-z_]+/[A-Za-z_]+",
                ),
                NOTES,
                *SOURCE,
                AS_OF,
            ),
            place=True,
        ),
        Layer(
            "ports",
            "Ports and freight terminals",
            "Sea ports, anchorages, dry ports, rail terminals and logistics parks.",
            "Point",
            (
                ID,
                *NAMES,
                Field(
                    "kind",
                    "string",
                    "Kind",
                    required=True,
                    allowed=("seaport", "anchorage", "dry_port", "rail_terminal", "logistics_park"),
                ),
                COUNTRY,
                PROVINCE,
                *POINT,
                ACCURACY,
                Field("status", "string", "Status", "Empty means unknown.", allowed=STATUSES),
                NOTES,
                *SOURCE,
                AS_OF,
            ),
            place=True,
        ),
        Layer(
            "airports",
            "Airports",
            "Civil and military airports, in use and planned.",
            "Point",
            (
                ID,
                *NAMES,
                Field("kind", "string", "Kind", required=True, allowed=("civil", "military")),
                Field("iata", "string", "IATA code", pattern=r"[A-Z]{3}"),
                Field("icao", "string", "ICAO code", pattern=r"[A-Z]{4}"),
                COUNTRY,
                PROVINCE,
                STATUS,
                *POINT,
                ACCURACY,
                NOTES,
                *SOURCE,
                AS_OF,
            ),
            place=True,
        ),
        Layer(
            "cities",
            "Cities and border towns",
            "Capitals of provinces and prefectures, county towns and towns at the border.",
            "Point",
            (
                ID,
                *NAMES,
                Field(
                    "kind",
                    "string",
                    "Role",
                    required=True,
                    allowed=(
                        "national_capital",
                        "regional_capital",
                        "provincial_capital",
                        "former_provincial_capital",
                        "prefecture_capital",
                        "prefecture_city",
                        "county_town",
                        "district_town",
                        "border_town",
                    ),
                ),
                COUNTRY,
                PROVINCE,
                *POINT,
                ACCURACY,
                *SOURCE,
                AS_OF,
            ),
            place=True,
        ),
        Layer(
            "corridors",
            "Transport corridors",
            "Expressways, main roads and railways as coarse lines, built from the ordered vertices"
            " in corridor_vertices.",
            "LineString",
            (
                ID,
                Field("name_en", "string", "English name", required=True),
                Field("ref", "string", "Number"),
                Field("kind", "string", "Kind", required=True, allowed=ROAD_KINDS + RAIL_KINDS),
                STATUS,
                COUNTRY,
                _number("design_speed_kph", "Design speed", "", "km/h", 500),
                _year("open_year", "Opened", "Year of opening, or the year announced for it."),
                Field("cross_section", "string", "Lanes or gauge"),
                _number(
                    "published_length_km",
                    "Published length",
                    "The drawn line is scaled to it. Empty means unknown.",
                    "km",
                    10_000,
                ),
                _source_kind("length_source_kind", "length"),
                ACCURACY,
                NOTES,
                *SOURCE,
                AS_OF_UNKNOWN,
            ),
            vertices="corridor_vertices",
        ),
        Layer(
            "policies",
            "Policies and incentives",
            "Tax, land and border-trade regimes, each with its legal basis. Many must be checked"
            " against newer law.",
            None,
            (
                ID,
                Field(
                    "jurisdiction",
                    "string",
                    "Jurisdiction",
                    "Country codes, joined by a hyphen.",
                    required=True,
                    pattern=r"[A-Z]{2}(-[A-Z]{2})*",
                ),
                Field(
                    "applies_to",
                    "list",
                    "Applies to",
                    "Kinds of zone, `gate`, or sector:, province:, district:, country:, park:,"
                    " port:, gate: with a name or *.",
                    required=True,
                ),
                Field("title_en", "string", "Title", required=True),
                Field("title_vi", "string", "Vietnamese title"),
                Field("title_zh", "string", "Chinese title"),
                Field("summary", "string", "Summary", required=True),
                Field("summary_vi", "string", "Vietnamese summary"),
                Field("summary_zh", "string", "Chinese summary"),
                Field("legal_basis", "string", "Legal basis", required=True),
                *SOURCE,
                AS_OF,
            ),
        ),
    )
}

TABLES: dict[str, tuple[Field, ...]] = {
    "corridor_vertices": (
        Field("corridor_id", "string", "Corridor", "Identifier in corridors.", required=True),
        Field(
            "seq", "integer", "Order", "Order along the corridor, from 1.", required=True, minimum=1
        ),
        *POINT,
        Field("place_name", "string", "Place"),
        Field(
            "node_id",
            "string",
            "Node",
            "Corridors meet where they share a node; a node has one position everywhere.",
        ),
    ),
    "gate_hours": (
        Field("gate", "string", "Gate", "Identifier in gates.", required=True),
        Field(
            "towards",
            "string",
            "Towards",
            "Country one comes to, ISO 3166-1 alpha-2. Empty means both directions.",
            pattern=COUNTRIES,
        ),
        Field(
            "kind",
            "string",
            "Traffic",
            "Empty means passengers and cargo.",
            allowed=("passenger", "cargo"),
        ),
        Field(
            "vehicle_country",
            "string",
            "Vehicles of",
            "Country where the vehicle is registered, ISO 3166-1 alpha-2. Empty means any.",
            pattern=COUNTRIES,
        ),
        Field(
            "opening_hours",
            "string",
            "Opening hours",
            "OpenStreetMap syntax, on the clock of the gate; PH are the holidays of the gate's"
            " country.",
            required=True,
        ),
        Field(
            "last_entry",
            "string",
            "Last entry",
            "From this time of the day on, or so many minutes before closing, nobody enters:"
            " `15:00` or `30 min`. `25:30` is half past one after midnight. Empty means until"
            " closing.",
            pattern=r"([0-4]\d:[0-5]\d|\d{1,3} min)",
        ),
        Field(
            "closed_on",
            "list",
            "Closed on holidays of",
            "Countries on whose public holidays it is closed, separated by semicolons. Empty means"
            " that no closure is stated.",
        ),
        Field(
            "workdays",
            "list",
            "Follows working days of",
            "Closed on the holidays of these countries, and open on a weekend that all of them work"
            " in exchange for a day off.",
        ),
        Field(
            "valid_from",
            "string",
            "Valid from",
            "First day. Empty means that it is not stated.",
            pattern=FULL_DATE,
        ),
        Field(
            "valid_to",
            "string",
            "Valid to",
            "Last day. Empty means until something newer is published.",
            pattern=FULL_DATE,
        ),
        NOTES,
        *SOURCE,
        AS_OF,
    ),
    "notices": (
        ID,
        COUNTRY,
        _number(
            "within_m",
            "Within",
            "Distance from the land border of the country. Empty means in the whole country.",
            "m",
            1_000_000,
        ),
        Field(
            "applies_to",
            "list",
            "Applies to",
            "Whom it concerns, separated by semicolons.",
            required=True,
            allowed=("foreigners", "foreign_surveyors", "visitors"),
        ),
        Field("text_en", "string", "English text", "Worded as a hint to check.", required=True),
        Field("text_vi", "string", "Vietnamese text", required=True),
        Field("text_zh", "string", "Chinese text", required=True),
        Field(
            "assumption",
            "string",
            "Assumption",
            "What of the distance or of the reading is assumed.",
        ),
        Field("legal_basis", "string", "Legal basis", required=True),
        *SOURCE,
        AS_OF,
    ),
    "clocks": (
        COUNTRY,
        Field(
            "timezone",
            "string",
            "Time zone",
            "IANA name.",
            required=True,
            pattern=r"[A-Za-z_]+/[A-Za-z_]+",
        ),
        Field(
            "name", "string", "Name", "Of the clock, in the language of the country.", required=True
        ),
        *NAMES,
        *SOURCE,
        AS_OF,
    ),
    "aliases": (
        Field(
            "place",
            "string",
            "Place",
            "Identifier of a feature that has a page.",
            required=True,
            pattern=ID.pattern,
        ),
        Field(
            "name",
            "string",
            "Further name",
            "Another name in use, an older or a foreign one.",
            required=True,
        ),
        Field(
            "language",
            "string",
            "Language",
            "Of the name. Empty means any.",
            allowed=("en", "vi", "zh"),
        ),
        *SOURCE,
        AS_OF,
    ),
    "interchanges": (
        Field("corridor_id", "string", "Corridor", "Identifier in corridors.", required=True),
        Field(
            "seq", "integer", "Vertex", "Order of the vertex along it.", required=True, minimum=1
        ),
        Field(
            "other_corridor_id",
            "string",
            "Other corridor",
            "Identifier in corridors.",
            required=True,
        ),
        Field(
            "other_seq",
            "integer",
            "Other vertex",
            "Order of the vertex along the other corridor.",
            required=True,
            minimum=1,
        ),
        Field("name_en", "string", "Name", required=True),
        *SOURCE,
        AS_OF,
    ),
    "population": (
        Field("id", "string", "GeoNames identifier", required=True),
        Field("name_en", "string", "Name", required=True),
        COUNTRY,
        *POINT,
        Field("population", "integer", "Population", required=True, minimum=1, maximum=50_000_000),
        *SOURCE,
        AS_OF,
    ),
    "speeds": (
        Field(
            "profile",
            "string",
            "Vehicle profile",
            "`car` or `truck` (40-ft container on a semi-trailer).",
            required=True,
        ),
        Field(
            "road_class",
            "string",
            "Road class",
            "A kind of corridor, an OpenStreetMap highway value, or `access`: the leg from a site"
            " to the road.",
            required=True,
        ),
        Field(
            "speed_kph",
            "number",
            "Speed",
            "Average speed without waiting.",
            "km/h",
            required=True,
            minimum=1,
            maximum=150,
        ),
        *SOURCE_OR_ASSUMPTION,
        AS_OF,
    ),
    "transfers": (
        Field(
            "profile",
            "string",
            "Vehicle profile",
            "A vehicle that is not listed cannot go by rail.",
            required=True,
        ),
        Field(
            "transfer_time_s",
            "number",
            "Transfer time",
            "Time between the road at a station and the moving train, or back, waiting included.",
            "s",
            required=True,
            minimum=0,
            maximum=MOST_WAIT_S,
        ),
        *SOURCE_OR_ASSUMPTION,
        AS_OF,
    ),
    "crossings": (
        Field("profile", "string", "Vehicle profile", required=True),
        Field(
            "kind",
            "string",
            "Class of gate",
            "Classes that are not listed cannot be crossed.",
            required=True,
        ),
        Field(
            "needs",
            "string",
            "Must be served",
            "A gate that is known not to serve this is closed to the profile.",
            allowed=("cargo", "passengers"),
        ),
        Field(
            "service_time_s",
            "number",
            "Service time",
            "Time to pass the gate, without queue.",
            "s",
            required=True,
            minimum=0,
            maximum=MOST_WAIT_S,
        ),
        *SOURCE_OR_ASSUMPTION,
        AS_OF,
    ),
}

OPTIONAL = ("aliases",)
"""Tables that a package may leave out: without the file they are empty."""


def unfold(value: object) -> tuple[str, ...]:
    """Split the value of a ``list`` field; unknown gives an empty tuple."""
    return (
        tuple(part.strip() for part in value.split(";") if part.strip())
        if isinstance(value, str)
        else ()
    )


def table_schema(
    fields: tuple[Field, ...], *, foreign_keys: list[dict[str, object]] | None = None
) -> dict[str, object]:
    """Write the fields as a Frictionless Table Schema, the form they have in
    ``datapackage.json``.
    """
    out = []
    for field in fields:
        constraints: dict[str, object] = {}
        if field.required:
            constraints["required"] = True
        if field.name == "id":
            constraints["unique"] = True
        if field.allowed and field.type != "list":
            constraints["enum"] = list(field.allowed)
        if field.pattern:
            constraints["pattern"] = f"^{field.pattern}$"
        if field.minimum is not None:
            constraints["minimum"] = field.minimum
        if field.maximum is not None:
            constraints["maximum"] = field.maximum
        described = {
            "name": field.name,
            "type": "string" if field.type == "list" else field.type,
            "title": field.title,
        }
        if field.description:
            described["description"] = field.description
        if field.unit:
            described["unit"] = field.unit
        out.append(described | ({"constraints": constraints} if constraints else {}))
    schema: dict[str, object] = {"fields": out, "missingValues": [""]}
    if fields[0].name == "id":
        schema["primaryKey"] = "id"
    if foreign_keys:
        schema["foreignKeys"] = foreign_keys
    return schema
