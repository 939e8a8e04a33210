"""Shapes of filters, and how they lie to the features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from webapp.i18n import gettext as _
from webapp.ogc import systems
from webapp.ogc.cql.reading import Node
from webapp.ogc.cql.values import Value, constant, decided
from webapp.ogc.systems import System
from webapp.readers import shown

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.disjoint,
    "s_equals": shapely.equals,
    "s_touches": shapely.touches,
    "s_crosses": shapely.crosses,
    "s_overlaps": shapely.overlaps,
    "s_within": shapely.within,
    "s_contains": shapely.contains,
}
TURNED = {"s_within": "s_contains", "s_contains": "s_within"}
"""What holds the other way round; all others hold both ways."""


def literal(node: dict[str, Node], system: System) -> Value:
    """Read a box or a geometry of GeoJSON."""
    if "bbox" in node:
        return constant("shape", systems.area(_numbers(node["bbox"], (4, 6)), system))
    try:
        shape = _shape(node)
    except (ValueError, TypeError, KeyError, shapely.errors.ShapelyError):
        shape = None
    if shape is None or shape.is_empty:
        raise ValueError(_("has a geometry that cannot be read: %(text)s", text=shown(str(node))))
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise ValueError(_("has a geometry that is not valid: %(reason)s", reason=reason))
    return constant("shape", systems.place(shape, system))


def _ring(points: Any) -> Any:
    """Check that a ring is closed; Shapely would close it."""
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError
    return points


def _polygon(rings: Any) -> shapely.Polygon:
    return shapely.Polygon(_ring(rings[0]), [_ring(ring) for ring in rings[1:]])


_MAKE: dict[str, Callable[[Any], BaseGeometry]] = {
    "Point": shapely.Point,
    "MultiPoint": shapely.MultiPoint,
    "LineString": shapely.LineString,
    "MultiLineString": shapely.MultiLineString,
    "Polygon": _polygon,
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_polygon(part) for part in parts]),
}


def _shape(node: dict[str, Node]) -> BaseGeometry:
    if node["type"] == "GeometryCollection":
        return shapely.GeometryCollection([_shape(part) for part in node["geometries"]])
    shape = shapely.force_2d(_MAKE[node["type"]](node["coordinates"]))
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ValueError
    return shape


def _numbers(node: Node, counts: tuple[int, ...]) -> list[float]:
    if (
        not isinstance(node, list)
        or len(node) not in counts
        or not all(isinstance(number, float | int) for number in node)
        or not np.isfinite(node).all()
    ):
        raise ValueError(_("has a box that is not four or six numbers"))
    return [float(number) for number in node]


def related(name: str, a: Value, b: Value) -> Value:
    """Return where two shapes lie so; the one that is the same for all is prepared, and stands
    first.
    """
    if b.is_constant and not a.is_constant:
        a, b, name = b, a, TURNED.get(name, name)
    if a.is_constant:
        shapely.prepare(a.data[0])
    first = a.data[0] if a.is_constant else a.data
    try:
        return decided(RELATIONS[name](first, b.data), a, b)
    except shapely.errors.GEOSException:
        raise ValueError(
            _("compares a geometry that %(name)s does not take", name=name.upper())
        ) from None
