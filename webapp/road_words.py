"""What the classes of road are called, as networks and the table of speeds name them."""

from __future__ import annotations

from webapp.i18n import lazy_gettext as _

ROADS: dict[str, str] = {
    "motorway": _("Expressway"),
    "motorway_link": _("Expressway link"),
    "trunk": _("Trunk road"),
    "trunk_link": _("Trunk road link"),
    "primary": _("Primary road"),
    "primary_link": _("Primary road link"),
    "secondary": _("Secondary road"),
    "secondary_link": _("Secondary road link"),
    "tertiary": _("Tertiary road"),
    "tertiary_link": _("Tertiary road link"),
    "unclassified": _("Minor road"),
    "residential": _("Residential street"),
    "living_street": _("Living street"),
    "ferry": _("Ferry"),
    "access": _("Way to the road"),
    "planned_motorway": _("Planned expressway"),
    "planned_motorway_link": _("Planned expressway link"),
    "planned_railway": _("Planned railway"),
    "planned_high_speed_rail": _("Planned high-speed railway"),
    "planned_transfer": _("Change between road and planned railway"),
}
