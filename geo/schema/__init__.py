"""What a data package holds: each layer and table with its fields.

Everything that needs to know a layer asks this table: the reader, the checks, the exports, the web
pages, the API and the schemas in ``datapackage.json`` (a test holds them to it)."""

from geo.schema.corridors import RAIL_KINDS, ROAD_KINDS
from geo.schema.fields import (
    AS_OF,
    COUNTRIES,
    DATE,
    FULL_DATE,
    ID,
    IN_ENGLISH,
    NAMES,
    NOTES,
    SECTORS,
    SOURCE,
    SOURCE_KINDS,
    Field,
    Layer,
    unfold,
)
from geo.schema.frictionless import resource, table_schema
from geo.schema.records import LAYERS
from geo.schema.tables import LARGE, OPTIONAL, TABLES

__all__ = [
    "AS_OF",
    "COUNTRIES",
    "DATE",
    "FULL_DATE",
    "ID",
    "IN_ENGLISH",
    "LARGE",
    "LAYERS",
    "NAMES",
    "NOTES",
    "OPTIONAL",
    "RAIL_KINDS",
    "ROAD_KINDS",
    "SECTORS",
    "SOURCE",
    "SOURCE_KINDS",
    "TABLES",
    "Field",
    "Layer",
    "resource",
    "table_schema",
    "unfold",
]
