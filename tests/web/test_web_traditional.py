"""Traditional Chinese: converted whole, the same by server and script, and what stays as it is."""

from __future__ import annotations

import re

import pytest
from babel.messages import pofile
from flask import Flask
from flask.testing import FlaskClient
from web import Page, read

from geo import chinese, layers, search
from webapp import labels
from webapp.catalogues import FOLDER, catalogue, of_tag

pytest_plugins = ("web",)

HAN = re.compile("[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")
OTHER_SCRIPT = re.compile(r"<(\w+)[^>]* lang=\"zh-Hans\"[^>]*>.*?</\1>", re.S)
PAGES = (
    *("/", "/table", "/table?layer=policies", "/table?layer=rules", "/table?layer=notices"),
    *("/sites/van-don-ez", "/sites/mong-cai-bac-luan-2", "/sites/port-lach-huyen-hict"),
    *("/sites/van-don-ez/factsheet", "/access?lon=107.9&lat=21.5", "/data", "/planned"),
    *("/rank?example=electronics", "/compare?pick=van-don-ez&pick=nam-tien-phong-ip", "/weights"),
    *("/match", "/shortlist?pick=van-don-ez", "/ogc?f=html", "/rank?max_gate=abc", "/nowhere"),
    *(
        "/trip?example=2-mong-cai-dongxing",
        "/sites/nam-tien-phong-ip/claims?text=5 km from Lach Huyen",
    ),
)
NAMES = sorted(
    {
        name
        for layer in ("parks", "gates", "ports", "airports", "cities")
        for frame in (layers.read(layers.bundled(), layer),)
        for column in frame
        if column.endswith("name_zh")
        for name in frame[column].dropna()
    }
)


def simplified_only(text: str) -> set[str]:
    """Return the characters that no Big5 of Taiwan or Hong Kong holds."""
    return {char for char in HAN.findall(text) if not char.encode("big5hkscs", "ignore")}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_traditional_characters_only(client: FlaskClient, path: str) -> None:
    """No simplified character is left in a page, but where it is marked as such and in the table by
    which its script converts the names of the data.
    """
    answer = client.get(
        path,
        query_string=None,
        headers={"Accept-Language": "zh-TW", "Accept": "text/html"},
        follow_redirects=True,
    )
    assert answer.headers["Content-Language"] == "zh-Hant"
    assert Page(answer.text).one("html")["lang"] == "zh-Hant"
    left = re.sub(r"\"traditional\": ?\{[^}]*\}", "", OTHER_SCRIPT.sub("", answer.text))
    assert HAN.search(left)
    assert not simplified_only(left)


def test_the_catalogue_keeps_what_is_filled_in() -> None:
    """Conversion leaves the placeholders of every text as they are, and Latin letters too."""
    with (FOLDER / "zh_Hans" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = [message for message in pofile.read_po(file, locale="zh_Hans") if message.id]
    assert len(messages) > 1000
    for message in messages:
        new = (
            catalogue("zh_Hant").upgettext(message.context, message.id)
            if message.context
            else (catalogue("zh_Hant").ugettext(message.id))
        )
        assert PLACEHOLDER.findall(new) == PLACEHOLDER.findall(message.string)
        assert re.findall("[A-Za-z]+", new) == re.findall("[A-Za-z]+", message.string)
        assert not simplified_only(new), new


def test_the_script_writes_names_as_the_server_does() -> None:
    """Character by character, as the script does, each name becomes what OpenCC makes of it."""
    table = chinese.traditional_characters()
    for name in NAMES:
        assert "".join(table.get(char, char) for char in name) == chinese.traditional(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_converted_name_stays_and_is_found(name: str) -> None:
    """A second conversion changes nothing, and search takes both names for the same."""
    new = chinese.traditional(name)
    assert chinese.traditional(new) == new
    assert search.fold(new) == search.fold(name)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("开关", "開關"),
        ("北宁越新二期工业园", "北寧越新二期工業園"),
        ("90天免签", "90天免簽"),
        ("全国性文件提出", "全國性文件提出"),
        ("没有口岸连接道路", "沒有口岸連接道路"),
        ("Móng Cái 30 km", "Móng Cái 30 km"),
    ],
)
def test_words_that_are_often_misread(text: str, new: str) -> None:
    """Names, visas and law are not taken for programming."""
    assert chinese.traditional(text) == new


def test_words_of_taiwan_are_for_the_interface(client: FlaskClient) -> None:
    """The interface says 下載 and 伺服器 as in Taiwan; a policy keeps the words of the law."""
    assert "預設順序" in read(client, "/", lang="zh-Hant").text
    assert chinese.traditional("支持信息产业") == "支持信息產業"
    assert chinese.traditional("信息", own_words=True) == "資訊"


def test_names_are_sorted_by_strokes(app: Flask) -> None:
    """The order of Big5: fewer strokes first."""
    with app.test_request_context("/?lang=zh-Hant"):
        assert sorted(["廣寧", "上思", "河內", "北海"], key=labels.collation) == [
            *("上思", "北海", "河內", "廣寧"),
        ]


@pytest.mark.parametrize(
    ("locale", "code"),
    [("zh_TW.UTF-8", "zh-Hant"), ("zh_CN.UTF-8", "zh"), ("zh_Hans_HK", "zh"), ("xx", None)],
)
def test_the_command_line_knows_the_locale(locale: str, code: str | None) -> None:
    """A locale of POSIX names the script as a tag of HTTP does."""
    language = of_tag(locale)
    assert (language and language.code) == code
