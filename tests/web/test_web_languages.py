"""Languages: nothing untranslated in catalogues, templates or scripts; which language an answer is
in; names, numbers and dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog, pofile
from babel.messages.frontend import CommandLineInterface
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment
from web import SITES, VOID, Page, Watch, browsing, read, serving

from webapp import catalogues, i18n, labels
from webapp.catalogues import LANGUAGES, WRITTEN

pytest_plugins = ("web",)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "webapp" / "translations"
TEMPLATES = sorted((ROOT / "webapp" / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "webapp" / "static").glob("*.js"))
OTHERS = [language for language in WRITTEN if language.code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")
LETTER = re.compile(r"[^\W\d_]{2,}")
SITE = "van-don-ez"


def catalogue(language: catalogues.Language) -> Catalog:
    path = FOLDER / language.locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language.locale, abort_invalid=True)


def ids(catalog: Catalog) -> set[tuple[str | None, Any]]:
    return {(message.context, message.id) for message in catalog if message.id}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text that is marked in the sources, collected as CONTRIBUTING.md says."""
    path = tmp_path_factory.mktemp("pot") / "messages.pot"
    command = (
        "pybabel -q extract -F webapp/babel.cfg -k lazy_gettext --omit-header --sort-by-file"
        " --add-location=file -o"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run([*command.split(), str(path), "."])
    with path.open("rb") as file:
        return pofile.read_po(file)


# Nothing is left out
# --------------------------------------------------------------------------------------------------


def test_the_list_of_texts_is_up_to_date(sources: Catalog) -> None:
    """messages.pot holds the texts that are marked in the sources, and no other."""
    with (FOLDER / "messages.pot").open("rb") as file:
        assert ids(pofile.read_po(file)) == ids(sources)


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
def test_every_text_is_translated(sources: Catalog, language: catalogues.Language) -> None:
    """Each text has a translation in each language, none is doubtful, and none is left over."""
    catalog = catalogue(language)
    assert ids(catalog) == ids(sources)
    assert [
        message.id
        for message in catalog
        if message.id and not (message.string and message.string.strip(" "))
    ] == []
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
def test_a_translation_has_the_places_of_its_text(language: catalogues.Language) -> None:
    """What is filled into a text is filled into its translation, too, and a lone % would
    break it.
    """
    for message in catalogue(language):
        if message.id:
            assert sorted(PLACEHOLDER.findall(message.string)) == sorted(
                PLACEHOLDER.findall(message.id)
            ), message.id
            if "python-format" in message.flags:
                assert "%" not in PLACEHOLDER.sub("", message.string), message.id


def test_a_translation_is_in_its_language() -> None:
    """No text was left in English: what has no Chinese character has no word either, and no
    Vietnamese sentence is an English one.
    """
    names = {"API", "ISO", "WGS", "IANA"}
    for message in catalogue(LANGUAGES["zh"]):
        if message.id and not re.search(r"[\u3000-\u9fff\uff00-\uffef]", message.string):
            assert set(re.findall(r"[A-Za-z]{2,}", PLACEHOLDER.sub("", message.string))) <= names, (
                message.string
            )
    for message in catalogue(LANGUAGES["vi"]):
        if message.id and message.string == message.id:
            assert not re.search(r"[a-z]{2,} [a-z]{2,}", message.id), message.string


# Templates and scripts hold no text of their own
# ------------------------------------------------------------------------------

NAMES = {
    "Zone Atlas",
    "GSHHG",
    "XLSX",
    "ZIP",
    "JSON",
    "GeoJSON",
    "QGIS",
    "TOPSIS",
    "GeoTIFF",
    "CO₂",
    "UTC",
    "PDF",
    "USD/m²",
    "Mo-Fr 08:00-11:30,13:30-17:00",
    "45 min 11:30-13:00",
    "30 min",
}
"""What is called the same in every language."""
RELATIONS = {"nofollow", "external", "noopener"}
"""Words of links that only a machine reads."""
SAID = {"aria-label", "title", "alt", "placeholder", "summary", "label"}
"""Attributes that a person reads or hears."""


class Texts(HTMLParser):
    """The texts of a template that no expression gives."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed("".join(_plain(source)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.found += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "code"} & set(self.open):
            self.found.append(data)


def _plain(source: str) -> Iterator[str]:
    """Return what a template says outside of its expressions, which become a point."""
    for _, kind, value in Environment().lex(source):
        if kind == "data":
            yield value
        elif kind in ("variable_end", "block_end"):
            yield "·"


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: path.relative_to(TEMPLATES[0].parent.parent).as_posix()
)
def test_no_template_holds_a_text_of_its_own(path: Path) -> None:
    """Every text of a template, and every attribute that is read out, comes from _() or is a
    name.
    """
    source = re.sub(
        r"{% block body_class %}.*?{% endblock %}", "", path.read_text(encoding="utf-8")
    )
    for text in (part.strip() for string in Texts(source).found for part in string.split("·")):
        assert not LETTER.search(text) or text in NAMES or text.startswith("©"), text
    inside = [value for _, kind, value in Environment().lex(source) if kind == "string"]
    texts = re.findall(r"""_\(((?:\s*(?:"[^"]*"|'[^']*'))+)""", source)
    marked = [part for text in texts for part in re.findall(r""""[^"]*"|'[^']*'""", text)]
    for string in inside:
        if string not in marked and set(string.strip("'").split()) - RELATIONS:
            assert not re.search(r"[a-z]{2,} [a-z]{2,}", string), string


FOR_MACHINES = re.compile(r"""\bclass: (?:[\w.! ]+ \? )?"[^"]*"(?: : "[^"]*")?|\.on\("[^"]*\"""")
"""Classes of an element and events of a map: words that nobody reads."""


def literals(script: str) -> Iterator[str]:
    """Return the strings of a script, without comments, classes and events; what is filled into a
    template becomes ``{}``.
    """
    bare = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)|(?<=[;,{)]) //.*", "", script, flags=re.S)
    bare = re.sub(FOR_MACHINES, "", bare)
    for match in re.finditer(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', bare):
        yield re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", "{}", match[1] or match[2] or match[3] or "")


SCRIPT_NAMES = {
    *(
        "use strict",
        "Zone Atlas · Leaflet",
        "© OpenStreetMap contributors",
        "Zone Atlas",
        "Escape",
        "Enter",
    ),
    *(
        "LineString",
        "Point",
        "Polygon",
        "Accept",
        "GSHHG",
        "GeoNames",
        "Natural Earth",
        "CC BY 4.0",
    ),
}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_holds_a_text_of_its_own(path: Path) -> None:
    """Scripts take their sentences, words and units from the configuration, which the server
    translates.
    """
    for text in literals(path.read_text(encoding="utf-8")):
        clean = re.sub(r"<[^>]*>", "", text).strip(" ·©()")
        if (
            clean in SCRIPT_NAMES
            or text in SCRIPT_NAMES
            or re.search(r"system-ui|Noto|[#.\[(>]\w|min-width|preserve", text)
        ):
            continue
        assert (
            not re.search(r"\b[A-Za-z]{2,},? [a-z]{2,}\b", clean) or set(clean.split()) <= CLASSES
        ), clean
        assert not re.fullmatch(r"[A-Z][a-z]{2,}", clean), clean
        assert not re.search(r"\{\} ?(min|km|ha|h|m|people|sites)\b", clean), clean


CLASSES = {
    "badge",
    "gates",
    "leaflet",
    "item",
    "chip",
    "icon",
    "noopener",
    "nofollow",
    "external",
    "round",
    "butt",
}


# Which language an answer is in
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/table",
            "/table?layer=gates",
            "/table?layer=policies",
            "/data",
            f"/sites/{SITE}",
            "/sites/mong-cai-bac-luan-2",
        ),
        *(
            "/access?lon=106.68&lat=20.86",
            "/ogc?f=html",
            "/ogc/collections/parks/items?f=html&limit=3",
            "/ogc/api?f=html",
        ),
    ],
)
def test_every_kind_of_page_speaks_the_language(
    client: FlaskClient, language: catalogues.Language, path: str
) -> None:
    """A page answers in the language of its address, says so in its head, and offers the others
    with the rest of the address kept.
    """
    url = f"{path}{'&' if '?' in path else '?'}lang={language.code}"
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == language.tag
    assert {"Accept-Language", "Cookie"} <= {
        part.strip() for part in answer.headers["Vary"].split(",")
    }
    page = Page(answer.text)
    assert page.one("html")["lang"] == language.tag
    switch = [link for link in page.links if "hreflang" in link.attributes]
    assert [(link.text, link.attributes["lang"]) for link in switch] == [
        (language.name + language.converted, language.tag) for language in LANGUAGES.values()
    ]
    assert [link.attributes["lang"] for link in switch if "aria-current" in link.attributes] == [
        language.tag
    ]
    kept = path.partition("?")[2]
    assert [link.href for link in switch] == [
        f"?{kept}{'&' if kept else ''}lang={code}" for code in LANGUAGES
    ]


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("vi-VN,vi;q=0.9,en;q=0.5", "vi"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,zh;q=0.9", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh,zh-TW;q=0.8", "zh-Hans"),
        ("vi,zh-TW;q=0.8", "vi"),
        ("fr-FR,vi;q=0.3", "vi"),
        ("fr,de;q=0.5", "en"),
        ("*", "en"),
        ("", "en"),
        ("zz-ZZ;q=x,,;", "en"),
        ("vi;q=0.4,en-GB;q=0.8", "en"),
    ],
)
def test_the_browser_is_asked_first(client: FlaskClient, header: str, tag: str) -> None:
    """Without a choice the page takes what the browser prefers of the four, else English, and
    remembers nothing.
    """
    answer = client.get("/data", headers={"Accept-Language": header})
    assert answer.headers["Content-Language"] == tag
    assert "Set-Cookie" not in answer.headers


def test_a_choice_is_remembered(client: FlaskClient) -> None:
    """Who switches stays in the language for a year, against what the browser prefers, until
    switching again.
    """
    first = client.get("/data?lang=vi")
    assert re.search(
        r"^lang=vi;.*Max-Age=31536000;.*HttpOnly;.*Path=/;.*SameSite=Lax$",
        first.headers["Set-Cookie"],
    )
    again = client.get("/table", headers={"Accept-Language": "zh-CN"})
    assert again.headers["Content-Language"] == "vi"
    assert "Set-Cookie" not in again.headers
    assert "Set-Cookie" not in client.get("/data?lang=vi").headers
    assert client.get("/data?lang=en").headers["Set-Cookie"].startswith("lang=en;")
    assert (
        client.get("/table", headers={"Accept-Language": "zh-CN"}).headers["Content-Language"]
        == "en"
    )


def test_only_pages_are_remembered(client: FlaskClient) -> None:
    """What the script asks for in the language of its page switches nothing."""
    for path in (
        f"/sites/{SITE}?part=sheet&lang=vi",
        "/api/route?from=van-don-ez&to=port-cai-lan&lang=vi",
        "/table?kind=x&lang=vi",
    ):
        assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/table",
        "/data",
        f"/sites/{SITE}",
        "/access?lon=107&lat=21",
        "/api/map/parks.json",
        "/ogc?f=html",
    ],
)
@pytest.mark.parametrize(
    "value", ["xx", "fr", "zh-Hans", "../../etc", "EN", "vi,en", "%00", "zh_Hans_CN_x"]
)
def test_an_unknown_language_is_refused(client: FlaskClient, path: str, value: str) -> None:
    """A language that there is not is a fault of the address, told in one that there is."""
    answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={value}")
    assert answer.status_code == 400
    assert "lang" in answer.text
    assert client.get(f"{path}{'&' if '?' in path else '?'}lang=en&lang=vi").status_code == 400


def test_a_forged_cookie_counts_as_none(client: FlaskClient) -> None:
    """A cookie with anything else than one of the three is passed over."""
    for value in ("xx", "zh_Hans", "../x", "en_US.UTF-8", "\N{PILE OF POO}"):
        client.set_cookie("lang", value)
        assert client.get("/data").headers["Content-Language"] == "en"


def test_what_is_kept_by_its_tag_holds_no_texts(client: FlaskClient) -> None:
    """Layers, the base map and downloads are the same bytes, under the same tag, in every
    language.
    """
    for path in (
        "/api/map/parks.json",
        "/api/map/gates.json",
        "/download/parks.csv",
        "/download/parks.geojson",
        "/download/gates.kml",
    ):
        answers = [
            client.get(path, headers={"Accept-Language": language})
            for language in ("en", "vi", "zh-CN")
        ]
        assert (
            len({answer.data for answer in answers})
            == len({answer.headers.get("ETag") for answer in answers})
            == 1
        )
        assert not [answer for answer in answers if "Content-Language" in answer.headers]


@pytest.mark.parametrize(
    ("path", "vi", "zh"),
    [
        ("/nothing", "Không có trang này.", "没有这个页面。"),
        ("/sites/nothing", "Không có địa điểm “nothing”.", "没有地点“nothing”。"),
        ("/access?lon=1e9&lat=2", "không phải là số", "不是数字"),
        (
            "/download/parks.gpkg?epsg=999999",
            "Không chuyển được từ EPSG:4326 sang EPSG:999999",
            "无法从 EPSG:4326 转换到 EPSG:999999",
        ),
        ("/api/isochrones?lon=100&lat=25", "không có đường nào", "没有该路网中可沿途出入的道路"),
    ],
)
def test_faults_are_told_in_the_language(client: FlaskClient, path: str, vi: str, zh: str) -> None:
    """What goes wrong is told to a person and to the map's script in the language of the page."""
    for language, sentence in (("vi", vi), ("zh", zh)):
        for accept in ("text/html", "application/json"):
            answer = client.get(path, headers={"Accept-Language": language, "Accept": accept})
            assert answer.status_code >= 400
            text = answer.get_json()["description"] if answer.is_json else answer.text
            assert sentence in text


@pytest.mark.parametrize(
    ("language", "page", "script"),
    [
        ("vi", "“x” không phải tùy chọn của trang này", "x: không có ở đây"),
        ("zh", "本页没有“x”这一选项", "x: 此处没有该参数"),
        ("zh-TW", "本頁沒有“x”這一選項", "x: 此處沒有該引數"),
    ],
)
def test_a_fault_of_the_address_is_told_in_the_language(
    client: FlaskClient, language: str, page: str, script: str
) -> None:
    """A person reads which setting is wrong, in the words of the page; a script, which name."""
    for accept, sentence in (("text/html", page), ("application/json", script)):
        answer = client.get("/table?x=1", headers={"Accept-Language": language, "Accept": accept})
        assert answer.status_code == 400
        text = answer.get_json()["description"] if answer.is_json else answer.text
        assert sentence in text


# Names, numbers, dates
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["en", "vi", "zh"])
def test_the_name_in_the_language_stands_first(app: Flask, client: FlaskClient, code: str) -> None:
    """Page, table and sheet head a site with its name in the language; the other names follow, each
    marked with its language.
    """
    row = app.extensions["zoneatlas"].layer("parks").loc[SITE]
    page = read(client, f"/sites/{SITE}", lang=code)
    assert page.headings[0] == row[f"name_{code}"]
    for other in WRITTEN:
        assert row[f"name_{other.code}"] in page.text
        if other.code != code:
            assert ("p", {"class": "also", "lang": other.tag}) in page.elements
    table = read(client, "/table", lang=code, q="van don")
    assert [link.text for link in table.links if link.href == f"/sites/{SITE}"] == [
        row[f"name_{code}"]
    ]


def test_a_place_without_a_chinese_name_keeps_its_english_one(
    app: Flask, client: FlaskClient
) -> None:
    """Where the data have no name in the language, the English one stands first and is marked as
    English.
    """
    parks = app.extensions["zoneatlas"].layer("parks")
    key = parks.index[parks["name_zh"].isna()][0]
    page = read(client, f"/sites/{key}", lang="zh")
    assert page.headings[0] == parks.at[key, "name_en"]
    assert ("h1", {"lang": "en"}) in page.elements


def test_sorting_by_name_goes_by_the_name_that_is_shown(client: FlaskClient) -> None:
    """In Chinese the table is in the order of sound, as dictionaries are, in Vietnamese without
    regard to marks.
    """
    chinese = [
        row[0] for row in read(client, "/table", lang="zh", layer="cities", sort="name").rows[1:]
    ]
    first = [next(iter(name)) for name in chinese]
    assert first.index("河") < first.index("南") < first.index("文")
    vietnamese = [
        row[0] for row in read(client, "/table", lang="vi", layer="cities", sort="name").rows[1:]
    ]
    where = {name.split()[0]: i for i, name in reversed(list(enumerate(vietnamese)))}
    assert where["Cao"] < where["Điện"] < where["Hà"]


@pytest.mark.parametrize(
    ("code", "numbers", "dates"),
    [
        (
            "en",
            ["217,133", "1.4", "9.1 km", "≈ 2 h 5 min", "30–50 min"],
            ["2025", "Feb 2023", "Dec 11, 2023"],
        ),
        (
            "vi",
            ["217.133", "1,4", "9,1 km", "≈ 2 giờ 5 phút", "30–50 phút"],
            ["2025", "thg 2 2023", "11 thg 12, 2023"],
        ),
        (
            "zh",
            ["217,133", "1.4", "9.1 公里", "≈ 2小时5分钟", "30–50分钟"],
            ["2025年", "2023年2月", "2023年12月11日"],
        ),
    ],
)
def test_numbers_and_dates_have_the_form_of_the_language(
    app: Flask, code: str, numbers: list[str], dates: list[str]
) -> None:
    """Decimal comma and thousands point in Vietnamese; years, months and days as each language
    writes them.
    """
    with app.test_request_context(f"/?lang={code}"):
        texts = [
            labels.quantity(217133),
            labels.quantity(1.4),
            labels.kilometres(9100),
            labels.about(7500),
            labels.duration(2400),
        ]
        assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts] == numbers
        assert [i18n.day(date) for date in ("2025", "2023-02", "2023-12-11")] == dates
        assert i18n.day("about 2020") == "about 2020"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("typed", ["mong cai", "Móng Cái", "芒街", "MONG CAI"])
def test_any_name_finds_the_site_in_any_language(
    client: FlaskClient, code: str, typed: str
) -> None:
    """The search compares all names, whichever language the page is in."""
    page = read(client, "/table", lang=code, q=typed)
    links = {link.href for link in page.links if link.href.startswith("/sites/")}
    assert "/sites/mong-cai-bgez" in links
    assert {f"/sites/{key}" for key in ("hai-yen-ip",)} <= links


@pytest.mark.parametrize("typed", ["Quảng Ninh", "quang ninh", "广宁", "广宁省"])
def test_any_name_of_a_province_finds_its_sites(
    app: Flask, client: FlaskClient, typed: str
) -> None:
    """A province is found by the names that the three languages show for it."""
    parks = app.extensions["zoneatlas"].layer("parks")
    wanted = {f"/sites/{key}" for key in parks.index[parks["province_en"] == "Quang Ninh"]}
    page = read(client, "/table", q=typed)
    assert wanted <= {link.href for link in page.links if link.href.startswith("/sites/")}


# In a browser
# --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


@pytest.fixture
def opened(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    contexts, watches = [], []

    def open_(path: str, **options: Any) -> Any:
        contexts.append(
            browser.new_context(
                viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options
            )
        )
        watches.append(Watch())
        page = watches[-1].on(contexts[-1].new_page())
        page.set_default_timeout(10_000)
        page.goto(site + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches:
        watch.quiet(site)


def ready(page: Any) -> Any:
    from playwright.sync_api import expect

    expect(page.locator("body")).to_have_attribute("data-ready", "true", timeout=15_000)
    return page


@pytest.mark.browser
def test_switching_the_language_keeps_the_view(
    client: FlaskClient, opened: Callable[..., Any]
) -> None:
    """From the keyboard to Vietnamese and back: site, route, filter and part of the map stay, and
    the next page knows the language.
    """
    from playwright.sync_api import expect

    client.get(f"/api/route?from={SITE}&to=port-fangchenggang")  # reads the roads before the page
    page = ready(opened(f"/?country=VN&site={SITE}&to=port-fangchenggang"))
    page.evaluate("() => { map_atlas.setView([21.3, 107.6], 9, { animate: false }); }")
    page.locator(".languages a[lang=vi]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**lang=vi**")
    ready(page)
    assert page.locator("html").get_attribute("lang") == "vi"
    expect(page.locator("#sheet h1")).to_have_text("Khu kinh tế Vân Đồn")
    expect(page.locator(".route-note")).to_contain_text("giờ")
    expect(page.locator(".route-note")).to_contain_text("Móng Cái")
    expect(page.locator("#found")).to_contain_text(f"/ {SITES} địa điểm")
    expect(page.locator(".languages a[aria-current]")).to_have_text("Tiếng Việt")
    expect(page.locator(f'.item[data-id="{SITE}"] dd').nth(2)).to_contain_text("giờ")
    expect(page.locator("#sheet")).to_contain_text(re.compile(r"\d\.\d{3}\s+người"))
    for part in ("country=VN", f"site={SITE}", "to=port-fangchenggang", "lang=vi"):
        assert part in page.url
    page.locator("#q").fill("芒街")
    expect(page.locator('.item[data-id="mong-cai-bgez"] .item-name')).to_contain_text(
        "Khu kinh tế cửa khẩu Móng Cái"
    )
    page.locator("#q").fill("广宁省")
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_have_count(1)
    page.locator("#q").fill("")
    page.locator("#as-table").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.go_back()
    ready(page)
    page.locator(".languages a[lang=en]").click()
    page.wait_for_url("**lang=en**")
    ready(page)
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    assert f"site={SITE}" in page.url


@pytest.mark.browser
def test_the_view_itself_is_in_the_link(opened: Callable[..., Any]) -> None:
    """The links to the other languages carry the part of the map that is shown."""
    page = ready(opened("/"))
    page.evaluate("() => { map_atlas.setView([21.5, 107.25], 10, { animate: false }); }")
    assert (
        page.locator(".languages a[lang=vi]").get_attribute("href")
        == "?lang=vi#10/21.5000/107.2500"
    )


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "code"), [("vi-VN", "vi"), ("zh-CN", "zh")])
def test_the_script_writes_as_the_server_does(
    app: Flask, opened: Callable[..., Any], locale: str, code: str
) -> None:
    """In each language the map's script writes times and lengths as the pages do; no text of it is
    English.
    """
    page = ready(opened("/", locale=locale))
    assert page.locator("html").get_attribute("lang") == LANGUAGES[code].tag
    seconds, metres = (
        [59, 600, 1566, 3130, 3600, 7500, 86_400],
        [12, 640, 999, 1000, 9100, 12_000, 1_234_000],
    )
    with app.test_request_context("/", headers={"Accept-Language": locale}):
        times = [labels.duration(amount).replace("\N{NO-BREAK SPACE}", " ") for amount in seconds]
        lengths = [
            labels.kilometres(amount).replace("\N{NO-BREAK SPACE}", " ") for amount in metres
        ]
    assert (
        page.evaluate(
            "async all => all.map((await import('/static/page.js')).duration)",
            seconds,
        )
        == times
    )
    lengths_there = "async all => all.map((await import('/static/page.js')).length)"
    assert page.evaluate(lengths_there, metres) == lengths
    assert page.locator(".leaflet-control-zoom-in").get_attribute("title") in ("Phóng to", "放大")
    page.evaluate("document.getElementById('layers').open = true")
    for english in (
        "Gates",
        "sites",
        "Operating",
        "Industrial park",
        "Legend",
        "Sort",
        "Quang Ninh",
    ):
        assert english not in page.inner_text("#layers")
        assert english not in page.locator("#pills").evaluate("pills => pills.textContent")


@pytest.mark.browser
def test_every_language_fits_a_small_phone(opened: Callable[..., Any]) -> None:
    """At 360 px no page is wider than the screen."""
    for code in LANGUAGES:
        page = opened(f"/data?lang={code}")
        page.set_viewport_size({"width": 360, "height": 740})
        for path in ("/data", "/table", f"/sites/{SITE}", "/ogc/collections/gates/items?f=html"):
            page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (code, path)


HALF_WIDTH = re.compile(r"(?<=[\u3400-\u9fff）”]) ?[,;:] ?(?=[\u3400-\u9fff（“])")
TYPED = ("经度,纬度", "走廊:年份", "通道:年份", "园区:口径", "西,南")
"""Chinese words for what is typed with these signs between."""


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/table", "/table?layer=gates", "/table?layer=policies", "/table?layer=costs"),
        *("/data", f"/sites/{SITE}", "/sites/mong-cai-bac-luan-2", "/sites/port-lach-huyen-hict"),
        *("/access?lon=107.9&lat=21.5", "/rank?example=electronics", "/match", "/planned"),
        *("/compare?pick=van-don-ez&pick=nam-tien-phong-ip", "/shortlist?pick=van-don-ez"),
        *(f"/sites/{SITE}/factsheet", f"/sites/{SITE}/claims", "/rank?max_gate=abc", "/trip"),
    ],
)
def test_chinese_has_signs_of_its_own(client: FlaskClient, path: str) -> None:
    """No half-width sign stands between two words of Chinese, but in forms of what is typed."""
    joint = "&" if "?" in path else "?"
    text = Page(client.get(f"{path}{joint}lang=zh", headers={"Accept": "text/html"}).text).text
    for form in TYPED:
        text = text.replace(form, "")
    assert [
        text[max(0, hit.start() - 20) : hit.end() + 20] for hit in HALF_WIDTH.finditer(text)
    ] == []
