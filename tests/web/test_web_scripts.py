"""Our scripts are modules: what they import is there, no circle, no name of the whole page, and one
script of them all for a file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp import scripts, styles

pytest_plugins = ("web",)

FILES = sorted(path.name for path in scripts.STATIC.glob("*.js") if path.name != "sw.js")
PAGES = (
    *("address.js", "offline.js", "map.js", "data.js", "rank.js"),
    *("planned.js", "trip.js", "tripfile.js", "saved.js", "shortlist.js"),
    *("chain.js", "drop.js", "share.js", "where.js"),
)
IMPORT = re.compile(r'^import (.+?) from "\./([^"]+)";', re.M | re.S)


@pytest.mark.parametrize("name", FILES)
def test_what_a_module_imports_is_exported(name: str) -> None:
    """Each name that a module imports is one that the other exports, and that it uses."""
    text = (scripts.STATIC / name).read_text(encoding="utf-8")
    for names, other in IMPORT.findall(text):
        exports = scripts._EXPORT.findall((scripts.STATIC / other).read_text(encoding="utf-8"))
        body = IMPORT.sub("", text)
        for imported in re.findall(r"[\w$]+", names.replace("* as ", "")):
            assert names.startswith("*") or imported in exports, (other, imported)
            assert re.search(rf"(?<![\w$]){re.escape(imported)}(?![\w$])", body), imported


def test_every_module_is_of_a_page() -> None:
    """Each file is a module with which a page begins, or one that such a module needs."""
    assert {name for page in PAGES for name in scripts.order(page)} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_no_module_puts_a_name_into_the_page(name: str) -> None:
    """What is shared between modules is imported, never kept in ``window``."""
    text = (scripts.STATIC / name).read_text(encoding="utf-8")
    assert not re.search(r"\b(?:window|globalThis|self)\.\w+\s*=[^=]", text)


def test_a_page_names_what_it_begins_with(app: Flask) -> None:
    """All modules that are needed are announced, each once, and one is begun with."""
    with app.test_request_context("/"):
        tags = str(scripts.tags("map.js"))
    assert re.findall(r"modulepreload.*?/(\w+\.js)", tags) == sorted(scripts.order("map.js")[:-1])
    assert re.findall(r'<script type="module" src="/static/(\w+\.js)">', tags) == ["map.js"]


@pytest.mark.parametrize("page", PAGES)
def test_modules_become_one_script(page: str) -> None:
    """In a file each module is once, after those that it needs, and none imports any more."""
    text = scripts.bundle(page)
    assert not re.search(r"^(?:import|export)\b", text, re.M)
    names = re.findall(r'^modules\["(.+)"\] =', text, re.M)
    assert names == list(scripts.order(page))
    for name in names:
        assert f'= modules["{name}"];' not in text[: text.index(f'modules["{name}"] = ')]


@pytest.mark.parametrize(
    "line",
    ["export let n = 0;", "export default 1;", 'import "./b.js";', 'import a from "b.js";'],
)
def test_what_cannot_be_joined_is_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form of import or export that would be lost in one script raises when it is written."""
    (tmp_path / "odd.js").write_text(line + "\n", encoding="utf-8")
    monkeypatch.setattr(scripts, "STATIC", tmp_path)
    with pytest.raises(ValueError, match=r"odd\.js"):
        scripts._wrapped("odd.js")


def test_every_style_is_part_of_a_sheet(client: FlaskClient) -> None:
    """Each file of styles is in one sheet, and a sheet is sent whole and asked about each time."""
    parts = sorted(part for sheet in styles.SHEETS.values() for part in sheet)
    assert parts == sorted(path.stem for path in (scripts.STATIC / "styles").iterdir())
    for name, sheet in styles.SHEETS.items():
        answer = client.get(f"/static/{name}")
        assert answer.mimetype == "text/css"
        texts = [(scripts.STATIC / f"styles/{part}.css").read_text("utf-8") for part in sheet]
        assert answer.text == "\n".join(texts)
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_every_colour_of_a_bar_is_in_the_sheets(app: Flask) -> None:
    """A part of a bar whose class no sheet knows would be black."""
    sheets = styles.text("app.css") + styles.text("rank_paper.css")
    folder = Path(str(app.root_path)) / "templates"
    named = {
        name
        for path in folder.rglob("*.html")
        for name in re.findall(r'<rect class="([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert {"total", "doubt"} <= named
    assert {name for name in named if f".{name}" not in sheets} == set()
