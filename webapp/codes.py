"""What the codes of the data are called on the screen; loads no Flask."""

from __future__ import annotations

from webapp.i18n import lazy_gettext as _
from webapp.road_words import ROADS

CODES: dict[str, str] = {
    # kinds of park
    "industrial_park": _("Industrial park"),
    "industrial_cluster": _("Industrial cluster"),
    "economic_zone": _("Economic zone"),
    "border_gate_economic_zone": _("Border-gate economic zone"),
    "cross_border_zone": _("Cross-border zone"),
    "bonded_zone": _("Bonded zone"),
    "hitech_zone": _("High-tech zone"),
    # status
    "operating": _("Operating"),
    "under_construction": _("Under construction"),
    "planned": _("Planned"),
    # gates
    "international": _("International gate"),
    "bilateral_main": _("Main bilateral gate"),
    "auxiliary": _("Auxiliary gate"),
    "road": _("Road"),
    "rail": _("Rail"),
    "pedestrian": _("On foot"),
    # terrain
    "plain": _("Plain"),
    "mountain": _("Mountains"),
    # ports
    "seaport": _("Sea port"),
    "anchorage": _("Anchorage"),
    "dry_port": _("Dry port"),
    "rail_terminal": _("Rail terminal"),
    "logistics_park": _("Logistics park"),
    "container_quay": _("Containers"),
    "general_cargo": _("General cargo"),
    "dry_bulk": _("Dry bulk"),
    "liquid_bulk": _("Liquid bulk"),
    "offshore_supply": _("Offshore supply base"),
    "passenger_quay": _("Passenger ships"),
    "river_quay": _("River quays"),
    # airports
    "civil": _("Civil airport"),
    "military": _("Military airfield"),
    # cities
    "national_capital": _("National capital"),
    "regional_capital": _("Capital of the region"),
    "provincial_capital": _("Provincial capital"),
    "former_provincial_capital": _("Former provincial capital"),
    "prefecture_capital": _("Prefecture capital"),
    "prefecture_city": _("Prefecture-level city"),
    "county_town": _("County town"),
    "district_town": _("District town"),
    "border_town": _("Border town"),
    # corridors and roads
    "expressway": _("Expressway"),
    "national_road": _("National road"),
    "provincial_road": _("Provincial road"),
    "railway": _("Railway"),
    "high_speed_rail": _("High-speed railway"),
    "waterway": _("Waterway"),
    **ROADS,
    # sources
    "survey": _("surveyed"),
    "page": _("web source"),
    "code": _("from public data"),
    "memory": _("unverified"),
    "estimate": _("estimated"),
    "assumption": _("assumed"),
    # sectors
    "automobile": _("Automobile"),
    "aviation": _("Aviation"),
    "building_materials": _("Building materials"),
    "chemicals": _("Chemicals"),
    "electronics": _("Electronics"),
    "export_processing": _("Export processing"),
    "food_processing": _("Food processing"),
    "high_tech": _("High technology"),
    "logistics": _("Logistics"),
    "mechanical_engineering": _("Mechanical engineering"),
    "metallurgy": _("Metallurgy"),
    "minerals_processing": _("Minerals processing"),
    "new_energy": _("New energy"),
    "pharmaceuticals": _("Pharmaceuticals"),
    "shipbuilding": _("Shipbuilding"),
    "supporting_industry": _("Supporting industry"),
    "textiles": _("Textiles"),
    "trade_services": _("Trade and services"),
    "wood_furniture": _("Wood and furniture"),
    # which sites a tenant may take
    "zone": _("Zones that contain sites"),
    "captive": _("Single-company sites"),
    # area basis
    "licensed": _("licensed"),
    "leasable": _("leasable"),
    "leased": _("leased"),
    # vehicles
    "car": _("Car"),
    "truck": _("Container truck"),
    # days at the border
    "quick": _("quick"),
    "usual": _("usual"),
    "bad": _("bad"),
    # layers
    "parks": _("Parks and zones"),
    "gates": _("Border gates"),
    "ports": _("Ports and freight terminals"),
    "airports": _("Airports"),
    "cities": _("Cities and towns"),
    "corridors": _("Roads, railways and waterways"),
    "policies": _("Policies"),
    # countries
    "VN": _("Viet Nam"),
    "LA": _("Laos"),
    "CN": _("China"),
}
