"""Write the table schemas of ``datapackage.json`` anew from ``geo.schema``, after a field has
changed there, and a resource for each layer whose file has come.

Run ``python data/package.py`` in the repository. Titles, sources and licences are kept as they
stand in the file; a new resource takes those of its layer and of the package."""

import json
from pathlib import Path
from typing import Any

from geo.schema import LAYERS, TABLES, Layer, table_schema

PACKAGE = Path(__file__).with_name("datapackage.json")
LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0",
}
SOURCE = {
    "title": "Zone Atlas: research of published pages, public files and memory, row by row in the"
    " columns source and source_kind"
}


def main() -> None:
    package = json.loads(PACKAGE.read_text(encoding="utf-8"))
    fields = {layer.id: layer.fields for layer in LAYERS.values()} | TABLES
    named = {resource["name"] for resource in package["resources"]}
    for layer in LAYERS.values():
        if layer.id not in named and PACKAGE.with_name(f"{layer.id}.csv").is_file():
            package["resources"].append(_resource(layer))
    for resource in package["resources"]:
        if resource["name"] in fields:
            resource["schema"] = table_schema(
                fields[resource["name"]], foreign_keys=resource["schema"].get("foreignKeys")
            )
    PACKAGE.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _resource(layer: Layer) -> dict[str, Any]:
    """Describe a new resource."""
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
        "licenses": [LICENCE],
        "sources": [SOURCE],
        "schema": {"foreignKeys": keys},
    }


if __name__ == "__main__":
    main()
