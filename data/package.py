"""Write the table schemas of ``datapackage.json`` anew from ``geo.schema``, after a field has
changed there.

Run ``python data/package.py`` in the repository. Titles, sources and licences are kept as they
stand in the file."""

import json
from pathlib import Path

from geo.schema import LAYERS, TABLES, table_schema

PACKAGE = Path(__file__).with_name("datapackage.json")


def main() -> None:
    package = json.loads(PACKAGE.read_text(encoding="utf-8"))
    fields = {layer.id: layer.fields for layer in LAYERS.values()} | TABLES
    for resource in package["resources"]:
        if resource["name"] in fields:
            resource["schema"] = table_schema(
                fields[resource["name"]], foreign_keys=resource["schema"].get("foreignKeys")
            )
    PACKAGE.write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
