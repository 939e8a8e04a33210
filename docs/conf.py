"""The documentation site: ``make docs`` builds it, without a network, and any warning is an error.

Pages that repeat a table of the code (the data dictionary, the settings, the HTTP API, the modules)
are written from that table into ``docs/generated`` at each build, and the notebooks are copied
there: nothing is written twice.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from types import GenericAlias
from typing import Any

from numpydoc.docscrape import NumpyDocString
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GENERATED = HERE / "generated"

project = "Zone Atlas"
author = "The Zone Atlas developers"
copyright = author
version = release = metadata.version("zone-atlas")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
]
exclude_patterns = ["build", "jupyter_execute"]
html_theme = "furo"
html_title = "Zone Atlas"
html_static_path: list[str] = []
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # a test runs every cell
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
NumpyDocString.sections = NumpyDocString.sections | {"Source": []}  # ours
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
templates_path: list[str] = []
suppress_warnings = ["ref.python"]  # two rooms may have a class of one name
numpydoc_xref_param_type = False


def setup(app: Sphinx) -> None:
    """Write the generated pages before Sphinx looks for its sources."""
    app.connect("config-inited", lambda *_: write())
    app.connect("autodoc-process-docstring", _sources_as_references, priority=100)
    app.connect("autodoc-skip-member", _is_alias)


def _sources_as_references(*arguments: Any) -> None:
    """Rename the section “Source” to “References”, which numpydoc knows."""
    lines = arguments[-1]
    for number, (heading, rule) in enumerate(pairwise(list(lines))):
        if heading.strip() == "Source" and set(rule.strip()) == {"-"}:
            lines[number : number + 2] = ["References", "----------"]


def _is_alias(*arguments: Any) -> bool | None:
    """Leave out aliases of types such as ``Span = tuple[int, int]``, which autodoc takes for
    classes.
    """
    return True if isinstance(arguments[3], GenericAlias) else None


def write() -> None:
    """Write every generated page anew."""
    shutil.rmtree(GENERATED, ignore_errors=True)
    for folder in ("api", "tutorials"):
        (GENERATED / folder).mkdir(parents=True)
    _page("house.svg", house())
    _page("dictionary.md", dictionary())
    _page("settings.md", settings())
    _page("http.md", http())
    for package in ("geo", "webapp"):
        for module, name in modules(package):
            _page(f"api/{module}.rst", api_page(module, name))
    _page("api/index.md", api_index())
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy(notebook, GENERATED / "tutorials" / notebook.name)


def _page(name: str, lines: Iterator[str]) -> None:
    (GENERATED / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def rooms() -> list[tuple[str, list[str]]]:
    """Read the floor plan from its test, the highest floor first: a package and its rooms."""
    tree = ast.parse((ROOT / "tests" / "project" / "test_house.py").read_text(encoding="utf-8"))
    (plan,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS"
    )
    return [
        (floor[0].split(".")[0], [room.partition(".")[2] for room in floor])
        for floor in reversed(plan)
    ]


def house() -> Iterator[str]:
    """Draw the rooms, each floor above those that it uses."""
    floors = rooms()
    width, left, step, gap = 720, 90, 40, 8
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {step * len(floors) + gap}"'
        ' font-family="system-ui, sans-serif" font-size="13">'
    )
    yield '<rect width="100%" height="100%" fill="#fff"/>'
    for number, (package, names) in enumerate(floors):
        top = gap + step * number
        fill = {"geo": "#eaf4ea", "webapp": "#eef3f8"}[package]
        yield f'<text x="12" y="{top + 21}" font-weight="600">{package}</text>'
        each = (width - left - gap) / len(names)
        for column, name in enumerate(names):
            x = left + each * column
            yield (
                f'<rect x="{x:.1f}" y="{top}" width="{each - gap:.1f}" height="{step - gap}" rx="6"'
                f' fill="{fill}" stroke="#34506b"/>'
            )
            yield f'<text x="{x + (each - gap) / 2:.1f}" y="{top + 21}" text-anchor="middle">'
            yield f"{name}</text>"
    yield "</svg>"


def dictionary() -> Iterator[str]:
    """Write the data dictionary from the schema: every layer and table with its columns."""
    from geo.schema import LAYERS, TABLES

    yield "# Data dictionary\n"
    yield "Every layer and table of a data package, from `geo.schema`.\n"
    for layer in LAYERS.values():
        yield f"## {layer.title}\n"
        yield f"`{layer.id}`. {_cell(layer.description)}\n"
        yield from _fields(layer.fields)
    for name, fields in TABLES.items():
        yield f"\n## Table `{name}`\n"
        yield from _fields(fields)


def _fields(fields: Any) -> Iterator[str]:
    heads = ("column", "type", "unit", "required", "meaning")
    rows = (
        (
            f"`{field.name}`",
            field.type,
            field.unit,
            "yes" if field.required else "",
            ". ".join(part.rstrip(".") for part in (field.title, field.description) if part)
            + (f". One of {', '.join(field.allowed)}" if field.allowed else ""),
        )
        for field in fields
    )
    yield from _table(heads, rows)
    yield ""


def settings() -> Iterator[str]:
    """Write the settings from their table."""
    from webapp.settings import SETTINGS

    yield "# Settings\n"
    yield "An environment variable each, read when the app starts.\n"
    rows = ((f"`{setting.variable}`", setting.default, setting.help) for setting in SETTINGS)
    yield from _table(("variable", "default", "meaning"), rows)


def http() -> Iterator[str]:
    """Write the HTTP API from the OpenAPI document that the app serves."""
    from webapp import create_app

    answer = create_app().test_client().get("/ogc/api")
    assert answer.status_code == 200
    document = json.loads(answer.data)
    yield "# HTTP API\n"
    yield "The app serves this description as OpenAPI 3.0 at `/ogc/api`.\n"
    for path, item in document["paths"].items():
        operation = item["get"]
        yield f"## `{path}`\n"
        yield f"{_cell(operation.get('summary', ''))}\n"
        parameters = [
            _resolved(document, parameter)
            for parameter in [*item.get("parameters", ()), *operation.get("parameters", ())]
        ]
        if parameters:
            rows = (
                (f"`{each['name']}`", each["in"], each.get("description", ""))
                for each in parameters
            )
            yield from _table(("parameter", "in", "meaning"), rows)
            yield ""


def _resolved(document: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    node: Any = document
    for step in parameter["$ref"].removeprefix("#/").split("/"):
        node = node[step]
    return dict(node)


def modules(package: str) -> Iterator[tuple[str, str]]:
    """Find the public modules of a package, each with the first line of its docstring."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "_data" in parts or any(part.startswith("_") for part in parts if part != "__init__"):
            continue
        module = ".".join(part for part in parts if part != "__init__")
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        yield module, " ".join(text.split("\n\n")[0].split())


def api_page(module: str, summary: str) -> Iterator[str]:
    """Write the page of one module: the library in full, the app by its purpose."""
    yield from (module, "=" * len(module), "")
    if module.startswith("webapp"):
        yield summary.replace("``", "``")
    else:
        yield from (f".. automodule:: {module}", "   :members:", "   :show-inheritance:")


def api_index() -> Iterator[str]:
    """Write the list of all modules, room by room."""
    yield "# Modules\n"
    for package, title in (("geo", "The library"), ("webapp", "The app")):
        yield f"## {title}\n"
        yield "```{toctree}\n:maxdepth: 1\n"
        yield from (module for module, _ in modules(package))
        yield "```\n"
