"""Fields as the schemas of ``datapackage.json``."""

from __future__ import annotations

from typing import Any

from geo.schema.fields import Field, Layer


def table_schema(
    fields: tuple[Field, ...], *, foreign_keys: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Write the fields as a Frictionless Table Schema, the form they have in
    ``datapackage.json``.
    """
    return _known(
        fields=[_described(field) for field in fields],
        missingValues=[""],
        primaryKey="id" if fields[0].name == "id" else None,
        foreignKeys=foreign_keys or None,
    )


def resource(layer: Layer) -> dict[str, Any]:
    """Describe the file of a layer as a resource of ``datapackage.json``, without its licences and
    sources.
    """
    keys = [
        {"fields": field.name, "reference": {"resource": field.refers, "fields": "id"}}
        for field in layer.fields
        if field.refers and field.type != "list"
    ]
    return {
        "name": layer.id,
        "type": "table",
        "title": layer.title,
        "description": layer.description,
        "path": f"{layer.id}.csv",
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": table_schema(layer.fields, foreign_keys=keys),
    }


def _described(field: Field) -> dict[str, Any]:
    constraints = _known(
        required=field.required or None,
        unique=field.name == "id" or None,
        enum=list(field.allowed) if field.allowed and field.type != "list" else None,
        pattern=f"^{field.pattern}$" if field.pattern else None,
        minimum=field.minimum,
        maximum=field.maximum,
    )
    return _known(
        name=field.name,
        type="string" if field.type in ("list", "line") else field.type,
        title=field.title,
        description=field.description or None,
        unit=field.unit or None,
        constraints=constraints or None,
    )


def _known(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
