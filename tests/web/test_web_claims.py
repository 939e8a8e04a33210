"""The page that holds a brochure's words against the straight line and the road."""

from __future__ import annotations

import math
import re
from urllib.parse import quote
from xml.etree import ElementTree

import geopandas as gpd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, read

from geo.roads.drive import Drive
from geo.siting.claim_reading import MOST_CLAIMS, Claim
from geo.siting.claims import VERDICTS, check
from webapp import args
from webapp.siting import claim_words, claims

pytest_plugins = ("web",)
PATH = "/sites/texhong-hai-ha-ip/claims"
"""Some 29 km straight from the gates of Mong Cai, and 46 km by road."""


def judged(client: FlaskClient, text: str, path: str = PATH, **query: str) -> list[tuple[str, str]]:
    """Return verdict and sentence of every claim on the page."""
    body = client.get(path, query_string={"text": text, **query}).get_data(as_text=True)
    pairs = re.findall(r'data-verdict="(\w+)">(.*?)</p>', body, re.S)
    return [(verdict, Page(sentence).text) for verdict, sentence in pairs]


def claim(verdict: str, measure: str) -> Claim:
    amounts = (1800.0, 1800.0, 30.0) if measure == "time" else (30_000.0, 30_000.0, 500.0)
    measured = {
        "straight_m": 29_000.0,
        "accuracy_m": 300.0,
        "road_m": 46_000.0,
        "road_s": 2600.0,
        "fastest_s": 950.0,
    }
    return Claim(
        0,
        5,
        "30 km",
        measure,
        *amounts,
        "",
        "mong-cai",
        ("mong-cai",),
        **measured,
        over_road=-100.0,
        verdict=verdict,
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Located just 5 km from Lach Huyen deep-sea port.",
            "5 km from Lach Huyen",
            "5 km to TC-HICT",
            "5 km from HICT",
        ),
        *(
            "cách cảng nước sâu Lạch Huyện 5 km",
            "距沥县港5公里",
            "5 km from the Hai Phong international gateway port",
        ),
    ],
)
def test_claims_know_the_other_names_of_a_place(client: FlaskClient, text: str) -> None:
    """Brochures call the deep-water port of Hai Phong many names; all of them are judged against
    it.
    """
    ((verdict, sentence),) = judged(client, text, "/sites/nam-tien-phong-ip/claims")
    assert verdict not in ("no_place", "other_thing"), sentence
    page = read(client, "/sites/nam-tien-phong-ip/claims", text=text)
    assert "Lach Huyen" in page.text


# What is said


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        (
            "20 km from Mong Cai gate",
            "impossible",
            "even the straight line is 29.1 km, with both positions accurate to 2.8 km",
        ),
        (
            "30 km from Mong Cai gate",
            "straight_line",
            "the straight-line distance. By road it is 43 km",
        ),
        ("46 km from Mong Cai gate", "road", "Matches our road estimate: 44 km"),
        ("90 km from Mong Cai gate", "longer", "Longer than by road: 44 km"),
        (
            "5 minutes to Mong Cai gate",
            "impossible",
            "Impossible at 85 km/h, the highest speed assumed here",
        ),
        (
            "within 2 hours of Noi Bai airport",
            "faster_than_road",
            "Faster than our road estimate (3 h",
        ),
        ("within 4 hours of Noi Bai airport", "road", "Matches our road estimate: 3 h"),
        ("4 km from Ha Long Bay", "other_thing", "the name means something else"),
        ("4 km from Nowhereville", "no_place", "the place is not recognised"),
    ],
)
def test_a_claim_is_held_against_line_and_road(
    client: FlaskClient, text: str, verdict: str, words: str
) -> None:
    """The sentence gives the verdict of the library with the numbers it rests on."""
    ((shown, sentence),) = judged(client, text)
    assert shown == verdict
    assert words in sentence.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    "text",
    [
        "30 km from Mong Cai gate",
        "cách cửa khẩu Móng Cái 30 km",
        "cach cua khau Mong Cai 30km",
        "距芒街口岸30公里",
    ],
)
@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_a_claim_is_read_in_three_languages(client: FlaskClient, text: str, lang: str) -> None:
    """The same claim in any language is the same place, verdict and numbers, whichever language the
    page is in.
    """
    page = read(client, PATH, text=text, lang=lang)
    assert [verdict for verdict, _sentence in judged(client, text, lang=lang)] == ["straight_line"]
    assert (
        next(link.href for link in page.links if link.href.startswith("/sites/mong-cai"))
        == "/sites/mong-cai-bac-luan-1?profile=car"
    )
    assert any("29" in cell for row in page.rows for cell in row)


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("measure", ["distance", "time"])
def test_every_verdict_has_its_sentence(app: Flask, verdict: str, measure: str) -> None:
    """No verdict of the library is without words, and a time is only impossible at a speed that
    somebody assumed.
    """
    with app.test_request_context("/"):
        sentence = claim_words.sentence(claim(verdict, measure), 110.0)
    assert len(sentence) > 20
    assert ("assumed" in sentence) == (verdict == "impossible" and measure == "time")


def test_sentences_of_different_verdicts_differ(app: Flask) -> None:
    """Nobody reads one verdict for another."""
    with app.test_request_context("/"):
        for measure in ("distance", "time"):
            assert len(
                {claim_words.sentence(claim(verdict, measure), 110.0) for verdict in VERDICTS}
            ) == len(VERDICTS)


def test_the_page_says_what_the_library_says(app: Flask, client: FlaskClient) -> None:
    """Verdicts and places are those of geo.siting.claims on the same roads, also for a truck and
    behind a closed gate.
    """
    text = (
        "10 km from Dongxing. 45 minutes to Mong Cai; 150 km from Hai Phong port, 250 km from"
        " Nanning"
    )
    opened = app.extensions["zoneatlas"]
    for query in (
        {},
        {"profile": "truck"},
        {"closed": "mong-cai-bac-luan-1,mong-cai-bac-luan-2"},
        {"year": "2030"},
    ):
        values = (
            query
            | ({"closed": tuple(query["closed"].split(","))} if "closed" in query else {})
            | ({"year": 2030} if "year" in query else {})
        )
        drive = Drive.of({"profile": "car"} | values)
        with app.test_request_context("/"):
            site, places, roads = (
                opened.place("texhong-hai-ha-ip")[1],
                claims.known_places(opened),
                opened.roads(drive),
            )
            wanted = [
                checked.verdict
                for checked in check(
                    text, site, places, roads, drive.profile, speeds=opened.table("speeds")
                )
            ]
        assert [verdict for verdict, _sentence in judged(client, text, **query)] == wanted


def test_places_carry_all_that_the_library_asks_for(app: Flask) -> None:
    """Names of both sides of a gate, countries, accuracy and layer stand in one frame, which is
    kept.
    """
    opened = app.extensions["zoneatlas"]
    places = claims.known_places(opened)
    assert isinstance(places, gpd.GeoDataFrame)
    assert places is claims.known_places(opened)
    assert places.index.is_unique
    assert {*claims.COLUMNS, "layer", "aliases"} == set(places.columns)
    assert set(places["layer"]) == {"gates", "ports", "airports", "cities"}
    assert places["position_accuracy_m"].notna().all()


def test_nothing_recognised_is_told_with_what_can_be(client: FlaskClient) -> None:
    """Text without a number, and numbers without a place, each get a sentence; an empty page gets
    none.
    """
    assert "No distance or time was found" in read(client, PATH, text="a park by the sea").text
    assert (
        "but no known place beside them" in read(client, PATH, text="30 km from Nowhereville").text
    )
    empty = read(client, PATH)
    assert "was found" not in empty.text
    assert all(
        "30 km from Mong Cai gate" in read(client, PATH, text=text).text
        for text in ("", "a park", "3 km from X")
    )


# Pictures and numbers


def test_the_picture_has_its_numbers_beside_it(client: FlaskClient) -> None:
    """Each judged claim has one drawing, inside its frame and without styles, whose words stand in
    the table too.
    """
    text = (
        "20 km from Mong Cai gate, 40 minutes to Mong Cai; within 300 km of Noi Bai airport; more"
        " than 10 km from Hai Phong port"
    )
    body = client.get(PATH, query_string={"text": text}).get_data(as_text=True)
    drawings = re.findall(r"<svg viewBox=\"0 0 360.*?</svg>", body, re.S)
    assert len(drawings) == 4 == body.count("Claim against the straight line")
    for drawing in drawings:
        tree = ElementTree.fromstring(drawing)
        assert {element.tag for element in tree} == {"line", "rect", "path", "text"}
        assert len([element for element in tree if element.tag == "text"]) == 3
        for element in tree.iter():
            assert "style" not in element.attrib
            assert all(
                0 <= float(element.get(name, 0)) <= 360 for name in ("x", "x1", "x2", "width")
            )
        assert tree.attrib["aria-label"].count(";") == 2


def test_an_endless_way_has_no_mark(app: Flask) -> None:
    """What is unknown or leads nowhere is not drawn, and is said in words."""
    from dataclasses import replace

    with app.test_request_context("/"):
        for road, word in ((math.inf, "none by road"), (math.nan, "unknown")):
            checked = replace(claim("no_way", "distance"), road_m=road, road_s=road, over_road=road)
            assert [mark.kind for mark in claims.marks(checked, 110.0)] == [
                "claim",
                "straight",
            ]
            assert dict(claim_words.numbers(checked, 110.0))["Length by road"] == word


def test_the_words_around_are_quoted(client: FlaskClient) -> None:
    """The quantity is marked in its line, and a long line is cut."""
    text = "First line\n" + "x" * 100 + " 30 km from Mong Cai gate " + "y" * 100
    body = client.get(PATH, query_string={"text": text}).get_data(as_text=True)
    match = re.search(
        r"<blockquote[^>]*>\s*“(.*?)<mark>(.*?)</mark>(.*?)”\s*</blockquote>", body, re.S
    )
    assert match
    assert (match[2], match[1][0], match[3][-1]) == ("30 km", "…", "…")
    assert "First" not in match[0]
    assert len(match[0]) < 250


def test_a_site_of_any_layer_can_be_asked(client: FlaskClient) -> None:
    """A gate is never held against itself, and each page of a site links here with its terms."""
    assert judged(client, "30 km from Mong Cai", "/sites/mong-cai-bac-luan-1/claims")
    page = read(client, "/sites/van-don-ez", closed="huu-nghi", year="2030", profile="truck")
    (link,) = [link for link in page.links if link.text == "Check a claim"]
    assert link.href == "/sites/van-don-ez/claims?closed=huu-nghi&year=2030"
    assert (
        "Assumed closed"
        in read(client, link.href.partition("?")[0], closed="huu-nghi", year="2030").text
    )


# Bad input


def test_hostile_text_stays_text(client: FlaskClient) -> None:
    """What is pasted is shown as it is, in the box and in the quote, and neither computed nor made
    markup.
    """
    for text in (
        f"{HOSTILE} 30 km from Mong Cai gate {HOSTILE}",
        '</textarea><script>alert(1)</script>" onload="x 30 km from Mong Cai',
    ):
        page = read(client, PATH, text=text)
        assert not [
            element
            for element in page.elements
            if element[0] == "img"
            or any(name.startswith("on") or name == "style" for name in element[1])
        ]
        assert not [script for script in page.scripts if "alert" in script]
        assert page.text.count(text) == 2
        assert not re.search(r"\b49(?=\s*<img)|\b49(?=\$)", page.text)


def test_hostile_names_stay_text(besieged: Flask) -> None:
    """Where all places bear a hostile name, a claim about them is read and shows it as text."""
    page = read(besieged.test_client(), PATH, text=f"30 km from {HOSTILE}")
    assert page.text.count(HOSTILE) >= 3
    assert not [
        element
        for element in page.elements
        if element[0] == "img" or any(name.startswith("on") for name in element[1])
    ]


def test_too_long_is_refused(client: FlaskClient) -> None:
    """2000 characters are read, a line break counted as one as browsers do; one more is a fault,
    and so is a crowd of claims.
    """
    longest = args.LENGTHS["text"]
    assert (
        client.get(PATH, query_string={"text": "\r\n" * 10 + "x" * (longest - 10)}).status_code
        == 200
    )
    for text in ("x" * (longest + 1), "1m " * 600, "a\0b"):
        assert client.get(PATH, query_string={"text": text}).status_code == 400
    crowd = client.get(PATH, query_string={"text": "1m " * 600, "lang": "en"})
    assert f"more than {MOST_CLAIMS} distances and times" in Page(crowd.text).text
    assert f'maxlength="{longest}"' in client.get(PATH).get_data(as_text=True)
    assert client.get("/table", query_string={"q": "x" * 201}).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PATH}?claim=30", 400),
        (f"{PATH}?text=a&text=b", 400),
        (f"{PATH}?profile=boat", 400),
        (f"{PATH}?network=none", 404),
        (f"{PATH}?closed=nowhere", 400),
        (f"{PATH}?year=2031", 400),
        ("/sites/nowhere/claims?text=30+km", 404),
        (f"/sites/{quote(HOSTILE, safe='')}/claims", 404),
    ],
)
def test_what_cannot_be_is_refused(client: FlaskClient, path: str, status: int) -> None:
    """A sentence, never a 500."""
    assert client.get(path).status_code == status


def test_line_breaks_survive(client: FlaskClient) -> None:
    """A text that begins with a line break is given back with it, for HTML drops the first."""
    assert ">\n\nfirst\nsecond</textarea>" in client.get(
        PATH, query_string={"text": "\r\nfirst\r\nsecond"}
    ).get_data(as_text=True)
