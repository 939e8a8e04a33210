"""Search: every name finds its feature before anything else, a province finds what lies in it, and
nothing else is found.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import read

from geo import chinese, layers, package_check, search
from geo.errors import InputError
from geo.schema import Layer
from geo.search import Index

pytest_plugins = ("web",)

FOLDER = layers.bundled()
PLACES = [layer for layer in layers.LAYERS.values() if layer.place]
ALONE = [layer for layer in layers.LAYERS.values() if not layer.place and layer.id != "claims"]
TRADITIONAL = {
    "欽州": "qinzhou",
    "東興": "dongxing",
    "憑祥": "pingxiang",
    "龍州": "longzhou",
    "寧明": "ningming",
    "諒山": "lang-son",
    "海陽": "hai-duong",
    "北寧": "bac-ninh",
    "廣安": "quang-yen",
    "貴港": "guigang",
    "雲屯國際機場": "apt-van-don",
    "防城港（漁澫港區）": "port-fangchenggang",
    "友誼關": "huu-nghi",
    "廣西憑祥綜合保稅區": "pingxiang-cbz",
    "馬鹿塘": "ma-lu-thang",
}
"""Written by hand as in Taiwan or Hong Kong."""


@pytest.fixture(scope="module")
def index(app: Flask) -> Index:
    """The index of all places, with the provinces in three languages."""
    return app.extensions["zoneatlas"].index()


def plainest(text: str) -> str:
    """Write a text as on a keyboard without marks: what a person types, made here without the code
    that is tested.
    """
    spelled = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in spelled if not unicodedata.combining(char)).upper()


def names_of(app: Flask, layer: Layer) -> Iterator[tuple[str, str]]:
    """Return every name of every feature of a layer, with the names of the other side and further
    ones.
    """
    for key, row in app.extensions["zoneatlas"].layer(layer.id).iterrows():
        for column in row.index:
            if ("name_" in column or column.startswith("title_")) and isinstance(row[column], str):
                yield str(key), row[column]
    aliases = layers.read_table(FOLDER, "aliases")
    frame = app.extensions["zoneatlas"].layer(layer.id)
    yield from (
        (place, name)
        for place, name in zip(aliases["place"], aliases["name"], strict=True)
        if place in frame.index
    )


def holds(app: Flask, key: str, phrase: str) -> bool:
    """Return whether a record holds a phrase anywhere, blanks and marks apart: found letter by
    letter, not word by word."""
    opened = app.extensions["zoneatlas"]
    index = next(
        candidate
        for candidate in (opened.index(layer.id) for layer in layers.LAYERS.values())
        if key in candidate.entries
    )
    joined = search.fold(phrase).replace(" ", "")
    return any(
        joined in text.replace(" ", "") for group in index.entries[key].texts for text in group
    )


@pytest.mark.parametrize("layer", layers.LAYERS.values(), ids=lambda layer: layer.id)
@pytest.mark.parametrize(
    "typed",
    [str, plainest, lambda text: text.replace(" ", ""), lambda text: f"  {text} ,"],
    ids=["as written", "plain", "together", "untidy"],
)
def test_every_name_finds_its_feature_before_what_does_not_hold_it(
    app: Flask, layer: Layer, typed: Callable[[str], str]
) -> None:
    """Each name of each feature, in each language, finds it, and before it stands only what is
    called so too.
    """
    index = app.extensions["zoneatlas"].index(layer.id)
    named = list(names_of(app, layer))
    assert named or layer.id in (
        *("costs", "gate_traffic", "park_utilities", "provenance", "claims"),
    )
    for key, name in named:
        order = list(index.find(typed(name)))
        assert key in order, (key, name)
        before = order[: order.index(key)]
        assert all(holds(app, other, name) for other in before), (key, name, before)
        called = [
            any(search.fold(name) == text for text in index.entries[other].texts[search.NAME])
            for other in before
        ]
        assert all(called), (key, name, before)


@pytest.mark.parametrize("column", ["province_en", "province_former_en"])
def test_a_province_finds_what_lies_in_it_and_what_is_named_so(
    app: Flask, index: Index, column: str
) -> None:
    """“Quang Ninh” is its sites: for each province, those whose province it is or was, and those
    that hold its name; in three languages.
    """
    from webapp.catalogues import province_names

    opened = app.extensions["zoneatlas"]
    frames = {layer.id: opened.layer(layer.id) for layer in PLACES}
    provinces = {
        name for frame in frames.values() if column in frame for name in frame[column].dropna()
    }
    assert len(provinces) > 3
    for province in provinces:
        inside = {
            str(key)
            for frame in frames.values()
            for name in ("province_en", "province_former_en")
            if name in frame
            for key in frame.index[frame[name] == province]
        }
        for text in province_names(province):
            hits = index.find(text)
            assert inside <= hits.keys(), text
            assert all(holds(app, key, text) for key in hits.keys() - inside), text
            where = [hits[key][0] for key in hits]
            assert where == sorted(where), "names before provinces before other"
    parks = opened.layer("parks")
    assert (
        [key for key in index.find("Quang Ninh") if key in parks.index].__len__()
        == (parks["province_en"] == "Quang Ninh").sum()
        >= 35
    )


def test_lang_son_does_not_begin_far_away(app: Flask, client: FlaskClient) -> None:
    """“Lang Son” and “hải phòng” begin with what is called so, on the page of the table too; Tien
    Lang and Do Son are not found.
    """
    parks = app.extensions["zoneatlas"].layer("parks")
    for text, province, absent in (
        ("Lang Son", "Lang Son", "south-hai-phong-ez"),
        ("hải phòng", "Hai Phong", "bac-phong-sinh-bgez"),
    ):
        page = read(client, "/table", q=text)
        order = [
            link.href.rsplit("/", 1)[1] for link in page.links if link.href.startswith("/sites/")
        ]
        order = [key for key in order if key in parks.index]
        assert parks.loc[order[0], "province_en"] == province
        assert absent not in order
        assert province in parks.loc[order[0], "name_en"]
    assert list(app.extensions["zoneatlas"].select("parks", {"q": "Quang Châu"}).index) == [
        "quang-chau-ip"
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Haiphong", "hai-phong"),
        ("HAI-PHONG", "hai-phong"),
        ("Hanoi", "ha-noi"),
        ("Ha Noi", "ha-noi"),
        ("hà nội", "ha-noi"),
        ("BacNinh", "bac-ninh"),
        ("Dong Xing", "dongxing"),
        ("Cat Bi", "apt-cat-bi"),
        ("HPH", "apt-cat-bi"),
        ("友谊关", "huu-nghi"),
        ("Youyiguan", "huu-nghi"),
        ("Friendship Pass", "huu-nghi"),
        ("Lach Huyen deep-sea port", "port-lach-huyen-hict"),
        ("HICT", "port-lach-huyen-hict"),
        ("Foxconn", "dong-mai-ip"),
        ("KCN Hải Yên", "hai-yen-ip"),
        ("Que Vo III IP", "que-vo-3-ip"),
    ],
)
def test_exonyms_developers_and_short_forms(index: Index, text: str, meant: str) -> None:
    """What foreigners, airlines and locals write finds the place first."""
    assert next(iter(index.find(text))) == meant


def test_a_developer_finds_all_of_its_parks(app: Flask) -> None:
    """“Viglacera” finds exactly the parks that name it."""
    opened = app.extensions["zoneatlas"]
    developers = opened.layer("parks")["developer"].fillna("")
    wanted = set(developers.index[developers.str.contains("Viglacera")])
    assert len(wanted) > 3
    assert set(opened.select("parks", {"q": "viglacera"}).index) == wanted


@pytest.mark.parametrize("text", TRADITIONAL)
def test_traditional_characters(index: Index, text: str) -> None:
    """Names in the characters of Taiwan and Hong Kong find what the simplified ones do."""
    hits = list(index.find(text))
    assert hits[0] == TRADITIONAL[text]


def test_a_name_in_traditional_characters_is_found_by_simplified_ones() -> None:
    """The data may be written in traditional characters: both sides are folded."""
    frame = pd.DataFrame({"name_en": ["A"], "name_zh": ["欽州"]}, index=["a"])
    index = Index.build([(layers.LAYERS["cities"], frame)], pd.DataFrame({"place": [], "name": []}))
    assert list(index.find("钦州")) == list(index.find("欽州")) == ["a"]


def test_phrases_before_words_and_words_before_parts() -> None:
    """What begins with the phrase stands before what holds it. Only where nothing holds it are
    words looked for, in any order; and only then parts of words.
    """
    names = [
        "Quang Ninh",
        "Ninh Quang",
        "Quangninh Port",
        "Old Quang Ninh",
        "Quang Ninhbinh",
        "Bac Ninh Quang Chau",
        "Xquang Xninh",
    ]
    frame = pd.DataFrame(
        {"name_en": names, "province_en": ["P"] * 7, "district": ["Quang Ninh", *[None] * 6]},
        index=list("abcdefg"),
    )
    frame.loc["h"] = ["Elsewhere", "Quang Ninh", None]
    frame.loc["i"] = ["Elsewhere", "P", "Quang Ninh"]
    index = Index.build(
        [(layers.LAYERS["parks"], frame)], pd.DataFrame({"place": ["b"], "name": ["Also"]})
    )
    assert list(index.find("quang ninh")) == ["a", "c", "e", "d", "h", "i"]
    assert list(index.find("ninh chau")) == ["f"]
    assert set(index.find("uang inh")) == set("abcdefghi")
    assert list(index.find("also")) == ["b"]
    assert index.find("atlantis") == {}
    assert list(index.find("(-)")) == list(frame.index), "nothing to search for narrows nothing"


def test_a_name_and_a_province_in_any_order(index: Index) -> None:
    """A name and its province together find what has both, not what has the words elsewhere; the
    last word may be begun.
    """
    wanted = {key for key in index.entries if key.startswith("yen-phong")}
    wanted |= {"tam-da-dung-liet-2-ic"}  # in the former district Yen Phong
    assert len(wanted) == 5
    for text in ("yen phong bac ninh", "Bac Ninh, Yen Phong", "yen phong bac ni"):
        assert set(index.find(text)) == wanted
    assert {"vsip-bac-ninh-ip", "hanaka-ip"} & index.find("北宁工业园").keys() == {
        "vsip-bac-ninh-ip"
    }, "in Chinese without a blank"


def test_a_package_without_further_names(app: Flask, toy: Path, make_app: Any) -> None:
    """Another region need not have the table of further names; one that names places it does not
    have is told so by the check.
    """
    assert len(layers.read_table(toy, "aliases")) == 0
    assert list(make_app(toy).extensions["zoneatlas"].index().find("bridge"))
    with pytest.raises(InputError):
        app.extensions["zoneatlas"].select("parks", {"colour": ["red"]})


def test_the_check_knows_of_whom_a_further_name_is(toy: Path, tmp_path: Path) -> None:
    """A further name of a place that is in no layer is a fault."""
    import shutil

    folder = shutil.copytree(toy, tmp_path / "toy")
    header = "place,name,language,source,source_kind,as_of\n"
    (folder / "aliases.csv").write_text(
        header + "bridge,Old Bridge,en,me,memory,2026\nnowhere,X,,me,memory,2026\n",
        encoding="utf-8",
    )
    assert package_check.check_tables(folder)["aliases"] == ["place: “nowhere” is in no layer"]
    assert list(layers.read_table(folder, "aliases")["name"]) == ["Old Bridge", "X"]


def test_the_table_lists_the_best_first_and_keeps_another_order(
    client: FlaskClient, app: Flask
) -> None:
    """Of what is searched the best comes first; an order that is asked for goes before it;
    downloads hold the same rows.
    """
    opened = app.extensions["zoneatlas"]
    best = list(opened.select("parks", {"q": "Hai Phong"}).index)
    page = read(client, "/table", q="Hai Phong")
    shown = [
        link.href.removeprefix("/sites/") for link in page.links if link.href.startswith("/sites/")
    ]
    assert [key for key in shown if key in best] == best
    areas = opened.layer("parks").loc[
        [
            link.href.removeprefix("/sites/")
            for link in read(client, "/table", q="Hai Phong", sort="area").links
            if link.href.startswith("/sites/")
        ],
        "area_ha",
    ]
    assert areas.dropna().is_monotonic_decreasing
    rows = client.get("/download/parks.geojson", query_string={"q": "Hai Phong"}).get_json()[
        "features"
    ]
    assert [row["id"] for row in rows] == best


@pytest.mark.parametrize("layer", ALONE, ids=lambda layer: layer.id)
def test_tables_without_pages_are_searched_alone(
    client: FlaskClient, app: Flask, layer: Layer
) -> None:
    """Roads are found by name and number, policies by title and legal basis, records by their
    notes.
    """
    opened = app.extensions["zoneatlas"]
    frame = opened.layer(layer.id)
    column = {"policies": "legal_basis", "corridors": "ref"}.get(layer.id, "notes")
    key, text = next((key, value) for key, value in frame[column].dropna().items())
    assert key in opened.select(layer.id, {"q": text}).index
    assert read(client, "/table", layer=layer.id, q=text).rows[1:]


# Quick and the same -------------------------------------------------------------------------------


def slowly_folded(text: str) -> str:
    """Fold a text whole, one step after the other."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("đ", "d")
    plain = "".join(
        char
        for char in unicodedata.normalize("NFD", plain)
        if not unicodedata.category(char).startswith("M")
    )
    plain = search._HAN.sub(r" \1 ", search._APOSTROPHES.sub("", plain))
    plain = "".join(char if unicodedata.category(char)[0] in "LN" else " " for char in plain)
    return " ".join("".join(chinese.simplified().get(char, char) for char in plain).split())


def test_letters_are_folded_one_by_one_as_a_text_is() -> None:
    """Texts of any characters, marks before and after letters, and every single character fold as
    they do in whole steps.
    """
    dice = random.Random(11)
    blocks = [
        *range(0x20, 0x250),
        *range(0x300, 0x370),
        *range(0x370, 0x400),
        *range(0x1EA0, 0x1F00),
    ]
    blocks += [*range(0x3400, 0x3480), *range(0x4E00, 0x4F00), *range(0xFF00, 0xFF60), 0x1F3ED]
    for code in range(0x20, 0x30000):
        if not 0xD800 <= code < 0xE000:
            assert search.fold(chr(code)) == slowly_folded(chr(code)), hex(code)
    for _ in range(3000):
        text = "".join(chr(dice.choice(blocks)) for _ in range(dice.randint(1, 12)))
        assert search.fold(text) == slowly_folded(text), text


def test_no_hit_is_left_out_beforehand(index: Index) -> None:
    """For names, parts and mixtures of them, and for what nobody is called, the hits and their
    ranks are those of a look at every feature.
    """
    dice = random.Random(5)
    names = [name for entry in index.entries.values() for name in entry.texts[search.NAME]]
    queries = ["", "ip", "v", "zzz", "khu cong nghiep", "hai phong ip", "a b c d e f g h i j k"]
    for _ in range(120):
        name, other = dice.choice(names), dice.choice(names)
        begin = dice.randrange(len(name))
        words = [*dice.sample(name.split(), 1), *dice.sample(other.split(), 1)]
        queries += [
            name[begin : begin + 6],
            name.replace(" ", ""),
            " ".join(words),
            f"{name} {other}",
        ]
    for query in queries:
        wanted = search.fold(query)
        every: dict[str, search.Rank] = {}
        for level in search._LEVELS if wanted else ():
            rank = level(wanted)
            ranks = {key: rank(entry.texts) for key, entry in index.entries.items()}
            every = {key: fit for key, fit in ranks.items() if fit is not None}
            if every:
                break
        ordered = dict(sorted(every.items(), key=lambda pair: pair[1]))
        if wanted:
            assert list(index.find(query).items()) == list(ordered.items()), query
