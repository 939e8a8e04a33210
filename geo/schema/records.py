"""The tables that people read: records that belong to places instead of lying on the map. Another
one is a row here, and a CSV file of its name."""

from __future__ import annotations

from dataclasses import replace

from geo.schema.fields import (
    AS_OF_UNKNOWN,
    COUNTRIES,
    COUNTRY,
    DATE,
    ID,
    MOST_HA,
    NAMES,
    NOTES,
    PROVINCE,
    SECTORS,
    SOURCE,
    STATUSES,
    SUMMARIES,
    TITLES,
    VALID_TO,
    Field,
    Layer,
    amount,
)
from geo.schema.layers import LAYERS as DRAWN_AND_POLICIES
from geo.schema.provenance import CLAIMS, PROVENANCE

MOST = 1e12
"""More than any amount here, in whatever unit."""
CAPITAL_UNITS = ("billion_vnd", "million_usd", "million_cny")
PLACE = Field("place", "Location", "Where, in words.")
PROVINCE_IF = replace(PROVINCE, required=False)
COUNTRY_IF = replace(COUNTRY, required=False)
PARK = Field("park", "Park", "Identifier in parks.", refers="parks")
GATES = Field(
    "gates", "Gates", "Identifiers in gates, separated by semicolons.", type="list", refers="gates"
)
VALID = (
    Field("valid_from", "Valid from", "First day, month or year.", pattern=DATE),
    replace(VALID_TO, not_below="valid_from"),
)
RANGE = (
    amount("value_low", "Value, low", "Lower end; equal to the upper one for one value.", "", MOST),
    replace(amount("value_high", "Value, high", "Upper end.", "", MOST), not_below="value_low"),
)
UNIT = Field("unit", "Unit", "Of the value.")
CAPITAL = (
    amount("capital", "Capital", "Total as published; its unit is in capital_unit.", "", MOST),
    Field("capital_unit", "Unit of the capital", allowed=CAPITAL_UNITS),
)
STATED_BY = Field("stated_by", "Stated by", "Who published the figure.")
WITH_SOURCE = (NOTES, *SOURCE, AS_OF_UNKNOWN)


def _kind(title: str, *allowed: str) -> Field:
    return Field("kind", title, required=True, allowed=allowed)


def _listed(name: str, title: str, description: str, *allowed: str) -> Field:
    return Field(name, title, description, type="list", allowed=allowed)


def _sectors(*more: str) -> Field:
    return _listed("sectors", "Sectors", "Separated by semicolons.", *SECTORS, *more)


def _record(
    layer_id: str, title: str, description: str, shown: tuple[str, ...], *fields: Field
) -> Layer:
    return Layer(
        layer_id,
        title,
        description,
        None,
        (ID, *fields, *WITH_SOURCE),
        shown=shown,
        optional=True,
    )


RECORDS = (
    _record(
        "projects",
        "Investment projects",
        "Projects that are published, licensed, being built or calling for capital. A programme is"
        " a total that may hold single projects of this table.",
        (
            "name_en",
            "status",
            "sectors",
            "capital",
            "area_ha",
            "investor",
            "park",
            "province_en",
            "place",
        ),
        *NAMES,
        Field(
            "kind",
            "Kind",
            "Empty means a single project.",
            allowed=("project", "programme"),
        ),
        Field(
            "status",
            "Status",
            "As of the source, not of today.",
            required=True,
            allowed=(
                *("calling_for_investment", "proposed", "in_study", "in_preparation", "agreed"),
                *("approved", "licensed", "to_start", "under_construction", "operating"),
            ),
        ),
        Field(
            "status_date",
            "Date of the status",
            "When it was reached or is due; for a call, the year of its list.",
            pattern=DATE,
        ),
        COUNTRY,
        PROVINCE,
        PLACE,
        PARK,
        Field("port", "Port", "Identifier in ports.", refers="ports"),
        _sectors("electricity"),
        Field("investor", "Investor"),
        *CAPITAL,
        amount("area_ha", "Area", "", "ha", MOST_HA),
    ),
    _record(
        "plants",
        "Plants and suppliers",
        "Anchor factories, their suppliers and buyers, with what they make and where.",
        ("name_en", "kind", "product", "output", "capital", "partners", "park", "place"),
        NAMES[0],
        _kind("Role", "anchor", "supplier", "buyer", "carrier", "developer"),
        _sectors(),
        Field("product", "Product", required=True),
        COUNTRY,
        PROVINCE_IF,
        PLACE,
        PARK,
        amount("output", "Output", "Capacity; its unit is in output_unit.", "", MOST),
        Field("output_unit", "Unit of the output"),
        *CAPITAL,
        Field("partners", "Partners"),
        Field("status", "Status", "Empty means unknown.", allowed=STATUSES),
    ),
    _record(
        "park_utilities",
        "Utilities of parks",
        "Power, water, waste water, rail and serviced land, park by park. Where a capacity is not"
        " published, the supplier may be.",
        ("kind", "capacity", "supply", "status", "park"),
        replace(PARK, required=True),
        _kind("Utility", "power", "water", "waste_water", "rail", "serviced_land", "tenants"),
        amount("capacity", "Capacity", "Its unit is in unit.", "", MOST),
        UNIT,
        Field("supply", "Supply", "Where it comes from, or how it is laid."),
        Field("status", "Status", "Empty means unknown.", allowed=STATUSES),
    ),
    _record(
        "contacts",
        "Public bodies",
        "Whom to ask: boards of zones and gates, customs, investment promotion, park operators."
        " Bodies only, no persons.",
        ("name_en", "kind", "province_en", "place", "web", "phone", "mail"),
        *NAMES,
        _kind(
            "Kind",
            *("zone_board", "investment_promotion", "gate_board", "customs", "government"),
            *("external_relations", "park_operator", "carrier", "standards", "fair"),
            "trade_information",
        ),
        COUNTRY,
        PROVINCE,
        replace(PLACE, title="Address", description="Town, or address as published."),
        replace(PARK, description="Identifier in parks, of a body that speaks for this one only."),
        replace(GATES, description="Identifiers in gates, of a body that speaks for these only."),
        Field("web", "Web site", pattern=r"https?://\S+"),
        Field("phone", "Phone", pattern=r"\+\d[\d ]+"),
        Field("mail", "Mail", pattern=r"[^@\s]+@[^@\s]+"),
    ),
    _record(
        "rules",
        "Rules",
        "What companies and survey teams must keep to, with legal basis. Worded as a hint to"
        " check; what counts is the law.",
        ("title_en", "kind", "applies_to", "summary", "legal_basis", "valid_from"),
        *TITLES,
        _kind(
            "Topic",
            *("drones", "vehicles", "gates", "ports", "passengers", "visa", "border_area"),
            *("border_building", "registration", "wages", "electricity", "incentives", "tolls"),
        ),
        Field(
            "jurisdiction",
            "Jurisdiction",
            "Country codes, joined by a hyphen.",
            required=True,
            pattern=r"[A-Z]{2}(-[A-Z]{2})*",
        ),
        replace(
            _listed(
                "applies_to",
                "Applies to",
                "Whom it concerns, separated by semicolons.",
                *("survey_teams", "foreigners", "visitors", "carriers", "shippers", "exporters"),
                *("employers", "manufacturers", "investors"),
            ),
            required=True,
        ),
        *SUMMARIES,
        Field("legal_basis", "Legal basis", "Empty means that the source names none."),
        *VALID,
        replace(COUNTRY_IF, description="Where a site must lie for the rule to fit it."),
        replace(PROVINCE_IF, description="Where a site must lie for the rule to fit it."),
        _listed(
            "park_kinds",
            "Kinds of park",
            "Kinds of park that it fits; empty means any.",
            *DRAWN_AND_POLICIES["parks"].field("kind").allowed,
        ),
        replace(_sectors(), description="Sectors of the parks that it fits; empty means any."),
        amount(
            "within_m",
            "Within",
            "Distance from the land border within which it holds. Empty means anywhere.",
            "m",
            1_000_000,
        ),
        GATES,
        Field("port", "Port", "Identifier in ports.", refers="ports"),
        Field(
            "policies",
            "Policies",
            "Identifiers in the layer policies, separated by semicolons.",
            type="list",
            refers="policies",
        ),
    ),
    _record(
        "costs",
        "Costs",
        "Wages, power, tolls, diesel, rents, handling, taxes: each with basis, currency and date."
        " A range is a range, an asking price is not a contract.",
        ("kind", "value_low", "basis", "place", "valid_from"),
        _kind(
            "Item",
            *("minimum_wage", "minimum_wage_region", "average_wage", "social_insurance"),
            *("corporate_income_tax", "electricity_average", "electricity_band"),
            *("electricity_industry", "electricity_business", "electricity_hours", "waste_water"),
            *("diesel", "road_toll", "container_handling", "port_infrastructure_fee"),
            *("direct_lorry_saving", "land_rent", "land_rent_waiver", "land_supply"),
            *("land_per_tenant", "factory_rent", "warehouse_rent", "share_renting", "building"),
            *("exchange_rate", "truck_km"),
        ),
        COUNTRY_IF,
        PROVINCE_IF,
        PLACE,
        PARK,
        *RANGE,
        UNIT,
        Field("currency", "Currency", "ISO 4217.", pattern="[A-Z]{3}"),
        Field("value_text", "Value in words", "Where the value is not a number."),
        Field("basis", "Basis", "What the value counts.", required=True),
        Field(
            "rate",
            "Line of the rate card",
            "Which line of a rate card the value gives, of power with its voltage behind an @."
            " Empty where it gives none.",
            pattern="[a-z_]+(@[a-z0-9]+)?",
        ),
        *VALID,
        STATED_BY,
    ),
    _record(
        "gate_traffic",
        "Traffic and waiting at gates",
        "Vehicles, people, trains and containers that passed, and how many waited, each for the"
        " time it was counted. Several gates: all of them together.",
        ("kind", "value_low", "gates", "towards", "valid_from"),
        GATES,
        replace(PROVINCE, description="Without gates, all gates of it together."),
        COUNTRY,
        _kind(
            "Measure",
            *("cleared", "cleared_peak", "arriving", "waiting", "waiting_peak", "people"),
            *("trains", "containers", "parking_capacity", "capacity", "stay_limit"),
            "clearance_time",
        ),
        Field("towards", "Towards", "Country one comes to. Empty means both.", pattern=COUNTRIES),
        *RANGE,
        UNIT,
        *VALID,
        STATED_BY,
    ),
    _record(
        "events",
        "Events",
        "Fairs, meetings, agreements and openings, past and announced.",
        ("name_en", "kind", "valid_from", "frequency", "organiser", "place"),
        NAMES[0],
        _kind(
            "Kind",
            *("fair", "matchmaking", "conference", "joint_meeting", "joint_committee"),
            *("agreement", "opening"),
        ),
        replace(COUNTRY_IF, description="ISO 3166-1 alpha-2. Empty means several."),
        PROVINCE_IF,
        PLACE,
        GATES,
        *VALID,
        Field("frequency", "How often"),
        Field("organiser", "Organiser"),
    ),
)

LAYERS: dict[str, Layer] = {
    **DRAWN_AND_POLICIES,
    **{layer.id: layer for layer in (*RECORDS, PROVENANCE, CLAIMS)},
}
"""All layers by id: those of the map, policies, records, where their values come from, and
who states what."""
