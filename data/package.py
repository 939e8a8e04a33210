"""Write the table schemas of ``datapackage.json`` anew from ``geo.schema``, after a field has
changed there, and a resource for each layer whose file has come.

Run ``python data/package.py`` in the repository. Titles, sources and licences are kept as they
stand in the file; a new resource takes those of its layer and of the package."""

import json
from pathlib import Path

from geo.schema import LAYERS, TABLES, resource, table_schema

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
    named = {part["name"] for part in package["resources"]}
    for layer in LAYERS.values():
        if layer.id not in named and PACKAGE.with_name(f"{layer.id}.csv").is_file():
            package["resources"].append(
                resource(layer) | {"licenses": [LICENCE], "sources": [SOURCE]}
            )
    for part in package["resources"]:
        if part["name"] in fields:
            part["schema"] = table_schema(
                fields[part["name"]], foreign_keys=part["schema"].get("foreignKeys")
            )
    PACKAGE.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
