"""The table of layers: what each is, and which fields it has. A layer, or an attribute of one, is
added here."""

from __future__ import annotations

from geo.schema.fields import (
    ACCURACY,
    AS_OF_UNKNOWN,
    COMMUNE,
    COUNTRIES,
    COUNTRY,
    DATE,
    ID,
    MOST_DWT,
    NAMES,
    NOTES,
    PLACED,
    PROVINCE,
    PROVINCE_FORMER,
    QUAYS,
    SECTORS,
    SOURCE,
    SOURCED,
    Field,
    Layer,
    amount,
    source_kind,
    year,
)

MOST_HA = 1_000_000.0
"""The largest zones here, economic zones at the coast with their sea, have some 200,000 ha; this is
a square of 100 km.
"""
MOST_RENT = 10_000.0
"""No land is leased for more per m² and term, in USD; the dearest in the data costs 130."""
STATUSES = ("operating", "under_construction", "planned")
STATUS = Field("status", "Status", required=True, allowed=STATUSES)
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
                    "District or city",
                    "District, county or city; where districts have been abolished, the last one."
                    " Several are separated by semicolons.",
                ),
                *COMMUNE,
                *PLACED,
                source_kind("position_source_kind", "position"),
                STATUS,
                Field(
                    "part_of",
                    "Part of",
                    "Identifiers of the zones and parks that it lies in, separated by semicolons."
                    " Empty means that none is known.",
                    type="list",
                ),
                Field(
                    "open_to_tenants",
                    "Open to tenants",
                    "Other companies can lease here; no: the works of one company. Empty means"
                    " unknown.",
                    type="boolean",
                ),
                source_kind("part_of_source_kind", "zone"),
                amount("area_ha", "Area", "Gross area; its basis is in area_basis.", "ha", MOST_HA),
                Field(
                    "area_basis",
                    "Basis of the area",
                    "What the area counts. Empty means that the source does not say.",
                    allowed=("planned", "licensed", "leasable", "leased"),
                ),
                source_kind("area_source_kind", "area"),
                amount(
                    "leasable_ha",
                    "Leasable area",
                    "Land that can be leased to tenants.",
                    "ha",
                    MOST_HA,
                ),
                source_kind("leasable_source_kind", "leasable area"),
                amount(
                    "occupancy_pct",
                    "Occupancy",
                    "Leased share. A remembered 100 only means “known as full”.",
                    "%",
                    100,
                ),
                year("occupancy_year", "Year of the occupancy"),
                source_kind("occupancy_source_kind", "occupancy"),
                amount(
                    "rent_term_low_usd_m2",
                    "Land rent, low",
                    "Asking price for the whole lease term, lower end.",
                    "USD/m² per term",
                    MOST_RENT,
                ),
                amount(
                    "rent_term_high_usd_m2",
                    "Land rent, high",
                    "Asking price for the whole lease term, upper end.",
                    "USD/m² per term",
                    MOST_RENT,
                ),
                year(
                    "rent_year",
                    "Year of the rent",
                    "About 2020 where the source is an undated pin list of that time.",
                ),
                source_kind("rent_source_kind", "rent"),
                year("established_year", "Established"),
                Field("developer", "Developer"),
                Field(
                    "sectors", "Sectors", "Separated by semicolons.", type="list", allowed=SECTORS
                ),
                Field("utilities", "Utilities and remarks"),
                Field(
                    "policies",
                    "Policies",
                    "Identifiers in the layer policies, separated by semicolons.",
                    type="list",
                    refers="policies",
                ),
                Field(
                    "provenance",
                    "Source by field",
                    "What came from where, field by field, as the researcher noted it.",
                ),
                *SOURCED,
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
                Field("opposite_name_en", "English name, other side"),
                Field("opposite_name_vi", "Vietnamese name, other side"),
                Field("opposite_name_zh", "Chinese name, other side"),
                Field(
                    "kind",
                    "Class",
                    "International: open to third countries. Bilateral main: to the two neighbours."
                    " Auxiliary: to border trade.",
                    required=True,
                    allowed=("international", "bilateral_main", "auxiliary"),
                ),
                Field("mode", "Mode", required=True, allowed=("road", "rail", "pedestrian")),
                COUNTRY,
                PROVINCE,
                PROVINCE_FORMER,
                Field(
                    "opposite_country",
                    "Other country",
                    "ISO 3166-1 alpha-2.",
                    required=True,
                    pattern=COUNTRIES,
                ),
                Field("opposite_province_en", "Province, other side"),
                *PLACED,
                Field(
                    "cargo",
                    "Cargo",
                    "Goods are cleared here. Empty means that nothing is known of trade today; no"
                    " lorry is led through.",
                    type="boolean",
                ),
                Field(
                    "passengers",
                    "Passengers",
                    "People pass here. Empty means unknown.",
                    type="boolean",
                ),
                Field(
                    "e_visa",
                    "E-visa",
                    "Foreigners may enter and leave with an electronic visa. Empty means unknown.",
                    type="boolean",
                ),
                source_kind("e_visa_source_kind", "e-visa"),
                Field(
                    "opening_hours",
                    "Opening hours in general",
                    "Of the gate as a whole, where gate_hours has nothing closer. OpenStreetMap"
                    " syntax, on the clock of `timezone`. Empty means unknown, not closed.",
                ),
                source_kind("opening_hours_source_kind", "opening hours"),
                Field("opening_hours_as_of", "Opening hours as of", pattern=DATE),
                Field(
                    "timezone",
                    "Time zone of the hours",
                    "IANA name.",
                    required=True,
                    pattern=r"[A-Za-z_]+/[A-Za-z_]+",
                ),
                NOTES,
                *SOURCED,
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
                    "Kind",
                    required=True,
                    allowed=("seaport", "anchorage", "dry_port", "rail_terminal", "logistics_park"),
                ),
                COUNTRY,
                PROVINCE,
                *PLACED,
                Field("status", "Status", "Empty means unknown.", allowed=STATUSES),
                Field(
                    "containers",
                    "Containers",
                    "Containers are handled here; of a planned port, are to be. Empty means"
                    " unknown.",
                    type="boolean",
                ),
                source_kind("containers_source_kind", "handling of containers"),
                Field("containers_as_of", "Containers as of", pattern=DATE),
                Field(
                    "quay",
                    "Kind of quay",
                    "What is loaded at its quays, the main one first, separated by semicolons."
                    " Empty means unknown.",
                    type="list",
                    allowed=QUAYS,
                ),
                source_kind("quay_source_kind", "kind of quay"),
                amount(
                    "max_dwt",
                    "Largest ship",
                    "Deadweight of the largest ship at its berths.",
                    "DWT",
                    MOST_DWT,
                ),
                source_kind("max_dwt_source_kind", "largest ship"),
                Field("operator", "Operator"),
                source_kind("operator_source_kind", "operator"),
                NOTES,
                *SOURCED,
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
                Field("kind", "Kind", required=True, allowed=("civil", "military")),
                Field("iata", "IATA code", pattern=r"[A-Z]{3}"),
                Field("icao", "ICAO code", pattern=r"[A-Z]{4}"),
                COUNTRY,
                PROVINCE,
                STATUS,
                *PLACED,
                NOTES,
                *SOURCED,
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
                *PLACED,
                *SOURCED,
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
                Field("name_en", "English name", required=True),
                Field("ref", "Number"),
                Field("kind", "Kind", required=True, allowed=ROAD_KINDS + RAIL_KINDS),
                STATUS,
                COUNTRY,
                amount("design_speed_kph", "Design speed", "", "km/h", 500),
                year("open_year", "Opened", "Year of opening, or the year announced for it."),
                Field("cross_section", "Lanes or gauge"),
                amount(
                    "published_length_km",
                    "Published length",
                    "The drawn line is scaled to it. Empty means unknown.",
                    "km",
                    10_000,
                ),
                source_kind("length_source_kind", "length"),
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
                    "Jurisdiction",
                    "Country codes, joined by a hyphen.",
                    required=True,
                    pattern=r"[A-Z]{2}(-[A-Z]{2})*",
                ),
                Field(
                    "applies_to",
                    "Applies to",
                    "Kinds of zone, `gate`, or sector:, province:, district:, country:, park:,"
                    " port:, gate: with a name or *.",
                    type="list",
                    required=True,
                ),
                Field("title_en", "Title", required=True),
                Field("title_vi", "Vietnamese title"),
                Field("title_zh", "Chinese title"),
                Field("summary", "Summary", required=True),
                Field("summary_vi", "Vietnamese summary"),
                Field("summary_zh", "Chinese summary"),
                Field("legal_basis", "Legal basis", required=True),
                *SOURCED,
            ),
            shown=("title_en", "summary", "legal_basis"),
        ),
    )
}
