"""What the codes of the tables of records are called: items, measures, topics, roles, statuses."""

from __future__ import annotations

from webapp.catalogues import WRITTEN, catalogue
from webapp.i18n import N_

WORDS: dict[str, str] = {
    # tables
    "projects": N_("Projects"),
    "plants": N_("Plants and suppliers"),
    "park_utilities": N_("Utilities"),
    "contacts": N_("Public bodies"),
    "rules": N_("Rules"),
    "costs": N_("Costs"),
    "gate_traffic": N_("Traffic and waiting"),
    "events": N_("Events"),
    "provenance": N_("Sources of values"),
    # projects
    "project": N_("Project"),
    "programme": N_("Programme"),
    "calling_for_investment": N_("Calling for investment"),
    "proposed": N_("Proposed"),
    "in_study": N_("In study"),
    "in_preparation": N_("In preparation"),
    "agreed": N_("Agreement signed"),
    "approved": N_("Approved"),
    "to_start": N_("To start"),
    "electricity": N_("Electricity"),
    "billion_vnd": N_("billion VND"),
    "million_usd": N_("million USD"),
    "million_cny": N_("million CNY"),
    # plants
    "anchor": N_("Anchor factory"),
    "supplier": N_("Supplier"),
    "buyer": N_("Buyer"),
    "carrier": N_("Carrier"),
    "developer": N_("Developer"),
    # utilities
    "power": N_("Power"),
    "water": N_("Water"),
    "waste_water": N_("Waste water"),
    "serviced_land": N_("Serviced land"),
    "tenants": N_("Tenants"),
    # contacts
    "zone_board": N_("Board of parks and zones"),
    "investment_promotion": N_("Investment promotion"),
    "gate_board": N_("Board of border gates"),
    "customs": N_("Customs"),
    "government": N_("Government"),
    "external_relations": N_("External relations"),
    "park_operator": N_("Park operator"),
    "standards": N_("Standards office"),
    "trade_information": N_("Trade information"),
    # rules
    "drones": N_("Drones"),
    "vehicles": N_("Vehicles"),
    "passengers": N_("Passengers"),
    "visa": N_("Visa"),
    "border_area": N_("Border area"),
    "border_building": N_("Building at the border"),
    "registration": N_("Registration"),
    "wages": N_("Wages"),
    "incentives": N_("Incentives"),
    "tolls": N_("Tolls"),
    "survey_teams": N_("survey teams"),
    "foreigners": N_("foreigners"),
    "visitors": N_("visitors"),
    "carriers": N_("carriers"),
    "shippers": N_("shippers"),
    "exporters": N_("exporters"),
    "employers": N_("employers"),
    "manufacturers": N_("manufacturers"),
    "investors": N_("investors"),
    # costs
    "minimum_wage": N_("Minimum wage"),
    "minimum_wage_region": N_("Minimum-wage region"),
    "average_wage": N_("Average wage"),
    "social_insurance": N_("Social insurance"),
    "corporate_income_tax": N_("Corporate income tax"),
    "electricity_average": N_("Electricity, average"),
    "electricity_band": N_("Electricity, price band"),
    "electricity_industry": N_("Electricity, manufacturing"),
    "electricity_business": N_("Electricity, business"),
    "electricity_hours": N_("Electricity, hours"),
    "diesel": N_("Diesel"),
    "road_toll": N_("Road toll"),
    "container_handling": N_("Container handling"),
    "port_infrastructure_fee": N_("Port infrastructure fee"),
    "direct_lorry_saving": N_("Saving by direct lorry"),
    "land_rent": N_("Land rent"),
    "land_rent_waiver": N_("Waiver of land rent"),
    "land_supply": N_("Supply of land"),
    "land_per_tenant": N_("Land per tenant"),
    "factory_rent": N_("Rent of factories"),
    "warehouse_rent": N_("Rent of warehouses"),
    "share_renting": N_("Share that rents"),
    "building": N_("Building cost"),
    "exchange_rate": N_("Exchange rate"),
    "truck_km": N_("Truck per km"),
    # traffic
    "cleared": N_("Vehicles cleared"),
    "cleared_peak": N_("Vehicles cleared, peak"),
    "arriving": N_("Vehicles arriving"),
    "waiting": N_("Vehicles waiting"),
    "waiting_peak": N_("Vehicles waiting, peak"),
    "people": N_("People"),
    "trains": N_("Trains"),
    "containers": N_("Containers"),
    "parking_capacity": N_("Parking capacity"),
    "capacity": N_("Capacity"),
    "stay_limit": N_("Longest stay allowed"),
    "clearance_time": N_("Time to clear"),
    # events
    "fair": N_("Fair"),
    "matchmaking": N_("Matchmaking"),
    "conference": N_("Conference"),
    "joint_meeting": N_("Joint meeting"),
    "joint_committee": N_("Joint committee"),
    "agreement": N_("Agreement"),
    "opening": N_("Opening"),
}
"""English word of each code."""
UNITS = (
    *(N_("VND/month"), N_("CNY/month"), N_("VND/vehicle-km"), N_("VND/trip"), N_("CNY/lorry")),
    *(N_("USD/m² per term"), N_("USD/m²/month"), N_("VND/litre")),
    *(N_("VND/container"), N_("USD/container"), N_("vehicles/day"), N_("vehicles")),
    *(N_("people/day"), N_("crossings"), N_("trains/week"), N_("m³/day"), N_("firms")),
    *(N_("cars/year"), N_("t of yarn/year"), N_("million pieces/year"), N_("t/year")),
)
"""Units of the bundled records that hold a word."""


def names(code: str) -> tuple[str, ...]:
    """Return what a code is called in every language; nothing for other codes."""
    if code not in WORDS:
        return ()
    every = (catalogue(language.locale).ugettext(WORDS[code]) for language in WRITTEN)
    return tuple(dict.fromkeys((WORDS[code], *map(str, every))))
