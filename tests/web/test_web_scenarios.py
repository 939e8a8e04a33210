"""Planned corridors: one's own years of opening, what a year changes, and that nothing planned is
taken for open.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import Watch, browsing, read, serving

from geo.errors import InputError
from geo.roads import access, scenarios
from geo.roads.drive import Drive
from geo.roads.networks import KEPT_CLOSED, KEPT_PLANNED
from webapp import labels
from webapp.explore import scenarios as page_of
from webapp.store import Store

pytest_plugins = ("web",)

LANG_SON, MONG_CAI, LAO_CAI = (
    "rail-planned-langson-hanoi",
    "rail-planned-mongcai-haiphong",
    "rail-planned-laocai-haiphong",
)
OPEN = "rail-hanoi-laocai"
PARK = "vsip-bac-ninh-ip"


@pytest.fixture(scope="module")
def store(app: Flask) -> Store:
    opened: Store = app.extensions["zoneatlas"]
    return opened


def plain(text: str) -> str:
    """Write it as a page is read, where all blanks are one."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


# Own years ----------------------------------------------------------------------------------------


def test_an_assumed_year_brings_a_railway_that_has_none(client: FlaskClient) -> None:
    """From Lao Cai a car's way to Mong Cai goes on by the railway from Hai Phong from the year on
    that somebody assumes, not before.
    """
    ends = {"from": "lao-cai-bgez", "to": "mong-cai", "profile": "car"}
    whole, last = (
        "Lao Cai - Hanoi - Hai Phong standard-gauge railway",
        "Mong Cai - Ha Long - Hai Phong standard-gauge railway",
    )

    def way(**query: Any) -> Any:
        return client.get("/api/route", query_string=ends | query).get_json()

    assert way()["planned"] == []
    assert (
        last not in way(year=2035)["planned"] + way(year=2030, opens=f"{MONG_CAI}:2033")["planned"]
    )
    then = way(year=2035, opens=f"{MONG_CAI}:2033")
    assert then["planned"] == [whole, last]
    assert then["travel_time_s"] < way(year=2035)["travel_time_s"] <= way()["travel_time_s"]


def test_an_assumed_year_may_be_later_than_the_announced_one(client: FlaskClient) -> None:
    """Lao Cai - Hanoi - Hai Phong is announced for 2030; who takes it for later finds it closed in
    2035.
    """
    ends = {"from": "lao-cai", "to": "hai-phong", "profile": "car", "year": 2035}
    assert client.get("/api/route", query_string=ends).get_json()["planned"]
    assert (
        client.get("/api/route", query_string=ends | {"opens": f"{LAO_CAI}:2036"}).get_json()[
            "planned"
        ]
        == []
    )


def test_without_a_year_assumed_years_are_kept_and_change_nothing(
    client: FlaskClient, store: Store
) -> None:
    """The sheet of today says the same; its switch to 2035 carries the assumed years along."""
    drive = Drive(opens=((LANG_SON, 2032),))
    assert store.roads(drive) is store.network()
    page, plain = (
        read(client, f"/sites/{PARK}", opens=f"{LANG_SON}:2032"),
        read(client, f"/sites/{PARK}"),
    )
    assert page.text == plain.text
    assert any(
        "year=2035" in link.href and f"opens={LANG_SON}%3A2032" in link.href for link in page.links
    )


@pytest.mark.parametrize(
    "query",
    [
        f"opens={LANG_SON}:2032&opens={MONG_CAI}:2033&opens=",
        f"opens={MONG_CAI}:2033,{LANG_SON}:2032",
    ],
)
def test_several_years_stand_in_one_parameter_or_in_several(
    client: FlaskClient, query: str
) -> None:
    """Both ways, in any order, are one way to drive; the sheet names what is assumed, and every
    link on it keeps it.
    """
    page = read(client, f"/sites/{PARK}?year=2035&{query}")
    assert (
        "Your assumed years: Lang Son (Dong Dang) - Hanoi standard-gauge railway 2032 ; Mong Cai"
        in page.text
    )
    kept = urlencode({"opens": f"{LANG_SON}:2032,{MONG_CAI}:2033"})
    for start in ("/?", "/download/access.csv", "/planned?"):
        links = [
            link.href
            for link in page.links
            if link.href.startswith(start) and "year=2035" in link.href
        ]
        assert links, start
        assert all(
            kept.replace("%2C", ",").replace("%3A", ":")
            in link.replace("%2C", ",").replace("%3A", ":")
            for link in links
        )


def test_every_fault_is_named_at_once(client: FlaskClient) -> None:
    """A corridor that there is not, one that is open, a year out of range: each on every page that
    takes years, also without a year.
    """
    wrong = f"no-such-road:2032,{OPEN}:2031,{LANG_SON}:1999"
    for path in (
        "/planned",
        f"/sites/{PARK}",
        f"/api/times?site={PARK}",
        f"/download/access.csv?site={PARK}",
    ):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}opens={wrong}")
        assert answer.status_code == 400
        for fault in (
            "There is no corridor “no-such-road”",
            f"“{OPEN}” is open already",
            f"“{LANG_SON}”: 1999 is no year",
        ):
            assert fault in (answer.get_json()["description"] if answer.is_json else answer.text), (
                path,
                fault,
            )


@pytest.mark.parametrize(
    "opens",
    [
        "2032",
        f"{LANG_SON}:32",
        f"{LANG_SON}:2032,",
        f"{LANG_SON}:2032,{LANG_SON}:2033",
        "{{7*7}}:2032",
        "a" * 1001,
    ],
)
def test_what_has_not_the_form_of_a_year_is_refused(client: FlaskClient, opens: str) -> None:
    """No half of it is taken."""
    answer = client.get("/planned", query_string={"opens": opens})
    assert answer.status_code == 400
    assert "opens" in answer.text


def test_only_the_last_few_networks_are_kept(make_app: Callable[..., Flask], toy: Path) -> None:
    """Anybody may ask for any years; a network that is dropped takes no other's place among those
    with closed gates.
    """
    store: Store = make_app(toy).extensions["zoneatlas"]
    gate = store.network().manifest.gates
    for year in range(2026, 2026 + max(KEPT_PLANNED, KEPT_CLOSED) + 2):
        drive = Drive(year=2035, opens=(("planned-motorway", year),))
        shut = store.roads(Drive(closed=gate, year=2035, opens=drive.opens))
        open_ = store.roads(drive)
        assert shut.manifest == open_.manifest
        assert shut is not open_
    assert len(store.networks._planned) == KEPT_PLANNED
    assert len(store.networks._closed) == KEPT_CLOSED
    assert store.roads(drive) is open_


# What changes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["truck", "car"])
def test_the_table_is_the_difference_of_the_library(
    client: FlaskClient, app: Flask, store: Store, profile: str
) -> None:
    """Each row of the page stands in ``geo.roads.scenarios.difference``, in the order of the gain,
    with its times and corridors.
    """
    drive = Drive(profile, year=2035, opens=((LANG_SON, 2032), (MONG_CAI, 2033)))
    page = read(client, "/planned", wait=1, **drive.query())
    with app.test_request_context():
        places = page_of.destinations(store, drive)
        table = scenarios.difference(
            store.network(), store.roads(drive), store.layer("parks"), places, profile=profile
        )
        table = table.sort_values("gain_s", ascending=False, kind="stable", na_position="first")
        names = store.layer("parks")["name_en"]
        rows = [row for row in page.rows if len(row) == 6][1:]
        assert len(rows) == len(table) > 50
        for shown, row in zip(rows, table.itertuples(), strict=True):
            assert shown[0].startswith(names[row.from_id])
            assert shown[2].startswith(plain(labels.duration(row.today_s)))
            assert shown[3].startswith(plain(labels.duration(row.then_s)))
            assert shown[4] == plain(page_of.gain(row.gain_s))
            assert shown[5] == row.planned
    changed = table["from_id"].nunique()
    assert f"By 2035, {changed} of {len(names)} sites would save time" in page.text


def test_sites_without_change_and_sites_off_the_roads_are_counted_apart(
    app: Flask, store: Store
) -> None:
    """They add up to all sites; a site that is joined to no road is not told to stay the same."""
    with app.test_request_context():
        drive = Drive("car", year=2035)
        change = page_of.difference(store, drive)
        time_s = access.time_matrix(
            store.network(), store.layer("parks"), store.layer("cities"), profile="car"
        )
        off = time_s.index[time_s.isna().all(axis=1)]
    assert change.unknown == len(off) > 0
    assert not set(off) & set(change.table["from_id"])
    assert change.changed + change.same + change.unknown == len(store.layer("parks"))


def test_only_places_that_serve_the_vehicle_count(app: Flask, store: Store) -> None:
    """No closed gate, no gate that trucks may not pass, no port that is not a sea port or not
    open.
    """
    with app.test_request_context():
        places = page_of.destinations(store, Drive("truck", closed=("huu-nghi",), year=2030))
        assert set(page_of.destinations(store, Drive(year=2030), "ha-noi")["cities"].index) == {
            "ha-noi"
        }
    assert "huu-nghi" not in places["gates"].index
    assert set(places["ports"]["kind"]) == {"seaport"}
    assert set(places["airports"]["kind"]) == {"civil"}
    assert len(places["gates"]) < len(store.layer("gates"))


def test_a_closed_gate_is_closed_today_and_then(client: FlaskClient) -> None:
    """No site is told to come sooner to a gate that is taken as closed, and the page says which
    that is.
    """
    page = read(client, "/planned", year=2030, closed="huu-nghi", wait=1)
    assert "Assumed closed: Huu Nghi" in page.text
    rows = [row for row in page.rows if len(row) == 6][1:]
    assert rows
    assert not any(cell.endswith(" Huu Nghi") for row in rows for cell in row[2:4])


@pytest.mark.parametrize(
    ("profile", "to", "used"), [("car", "lao-cai", True), ("truck", "lao-cai", False)]
)
def test_the_railway_is_told_with_the_time_to_change(
    client: FlaskClient, store: Store, profile: str, to: str, used: bool
) -> None:
    """By car all gain to Lao Cai comes from the railway; freight, with its hours at each end, has
    none, and the page says so.
    """
    text = read(client, "/planned", year=2035, profile=profile, to=to, wait=1).text
    seconds = store.table("transfers").set_index("profile")["transfer_time_s"][profile]
    assert (
        f"{plain(labels.about(seconds))} are assumed at each end of a rail leg for the transfer"
        " between road and rail" in text
    )
    assert (re.search(r"\b0 of \d+ changes use a railway", text) is None) == used
    assert ("Transshipment takes too long for rail freight to save time." in text) == (not used)


def test_a_year_before_any_railway_says_so(client: FlaskClient) -> None:
    """Who takes the railway of 2030 for later is told that none is there."""
    page = read(client, "/planned", year=2030, opens=f"{LAO_CAI}:2036", wait=1)
    assert "No planned railway is taken as open by 2030." in page.text


# What is said of it -------------------------------------------------------------------------------


def test_nothing_is_on_by_default(client: FlaskClient, store: Store) -> None:
    """Without a year nothing changes, whatever is assumed; today's network holds nothing
    planned.
    """
    for query in ({}, {"opens": f"{LANG_SON}:2027"}):
        page = read(client, "/planned", **query)
        assert "so nothing changes. Choose a year." in page.text
        assert "data-pending" not in page.source
        assert page.one("input", name="year", value="")["checked"] == ""
    assert not scenarios.segments(store.network()).any()


def test_whatever_is_planned_says_so(client: FlaskClient) -> None:
    """Page, part, sheet and download carry the word."""
    query = {"year": 2035, "opens": f"{LANG_SON}:2032"}
    for path, more in (
        ("/planned", {"wait": 1}),
        ("/planned", {"part": "sheet"}),
        (f"/sites/{PARK}", {}),
    ):
        page = read(client, path, **query, **more)
        assert "Planned. Includes corridors planned to open by 2035" in page.text
    assert "planned for 2035" in read(client, "/planned", **query, wait=1).rows[0]
    notes = client.get("/download/access.geojson", query_string=query | {"site": PARK}).text
    assert (
        "Planned: Lang Son (Dong Dang) - Hanoi standard-gauge railway, opening in 2032 is an"
        " assumption without a source." in notes
    )
    assert (
        "Planned: " not in client.get("/download/access.geojson", query_string={"site": PARK}).text
    )


def test_every_planned_class_of_road_has_a_name(store: Store) -> None:
    """No code of a road class reaches the screen, those of the table of speeds neither."""
    planned = store.networks.planned(2035).manifest.road_classes
    assert any(road_class.startswith("planned_") for road_class in planned)
    classes = {*filter(None, planned), *store.table("speeds")["road_class"]}
    assert not classes - labels.CODES.keys()


def test_the_timeline_says_who_says_so(client: FlaskClient) -> None:
    """An announced year has its source, an assumed one says that it is assumed, and an unknown one
    is called unknown.
    """
    page = read(client, "/planned", year=2035, opens=f"{LANG_SON}:2032", part="sheet")
    rows = {row[1]: row for row in page.rows if len(row) == 7}
    announced = rows["Lao Cai - Hanoi - Hai Phong standard-gauge railway"]
    assert announced[0] == "2030"
    assert announced[4] == "yes"
    assert announced[5] == "announced"
    assert "https://" in announced[6]
    assert rows["Lang Son (Dong Dang) - Hanoi standard-gauge railway"][4:] == [
        "yes",
        "assumed by you",
        "–",
    ]
    unknown = rows["Mong Cai - Ha Long - Hai Phong standard-gauge railway"]
    assert unknown[0] == "unknown"
    assert unknown[4:] == ["no", "no year announced", "–"]


def test_the_form_holds_what_is_shown(client: FlaskClient) -> None:
    """Year, vehicle and assumed years come back chosen, also a year that the list does not hold."""
    page = read(
        client,
        "/planned",
        year=2030,
        profile="car",
        closed="huu-nghi",
        opens=f"{LANG_SON}:2050,{MONG_CAI}:2033",
    )
    chosen = {
        attributes["value"]
        for tag, attributes in page.elements
        if tag == "option" and "selected" in attributes
    }
    assert chosen == {"car", f"{LANG_SON}:2050", f"{MONG_CAI}:2033"}
    assert page.one("input", name="year", value="2030")["checked"] == ""
    assert page.one("input", name="closed")["value"] == "huu-nghi"


# Kept, and reckoned once --------------------------------------------------------------------------


def test_the_page_does_not_wait_for_what_is_not_reckoned_yet(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first there is the form and a word of patience, and for browsers without scripts the way
    to the whole; then the page is whole.
    """
    client = make_app().test_client()
    with monkeypatch.context() as patch:
        patch.setattr(page_of, "_compare", lambda *_: pytest.fail("reckoned while the page waits"))
        first = read(client, "/planned", year=2030)
    assert "data-pending" in first.source
    assert "Computing routes" in first.text
    onward = first.one("meta", **{"http-equiv": "refresh"})["content"].removeprefix("0; url=")
    whole = read(client, onward)
    assert "sites would save time" in whole.text
    assert "data-pending" not in whole.source
    assert "sites would save time" in read(client, "/planned", year=2030).text, (
        "kept, so it need not be asked for"
    )


def test_two_visitors_do_not_reckon_the_same_twice(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes second waits for the first; only the last few are kept."""
    app = make_app()
    store: Store = app.extensions["zoneatlas"]
    compared: list[Drive] = []

    def compare(_store: Store, drive: Drive, _places: Any) -> page_of.Change:
        compared.append(drive)
        return page_of.Change(pd.DataFrame(), 0, 0, 0)

    monkeypatch.setattr(page_of, "_compare", compare)
    drives = [
        Drive(year=2035, opens=((LANG_SON, year),)) for year in range(2026, 2026 + page_of.KEPT + 3)
    ]

    def ask(drive: Drive) -> None:
        with app.test_request_context():
            page_of.difference(store, drive)

    threads = [threading.Thread(target=ask, args=(drives[0],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert compared == [drives[0]]
    for drive in drives:
        ask(drive)
    assert compared == drives
    assert len(page_of._kept(store)) == page_of.KEPT


def test_a_place_that_there_is_not_is_named(client: FlaskClient) -> None:
    """Neither an unknown place nor a pair of numbers is a destination here."""
    for to in ("no-such-place", "105.8,21.0"):
        assert client.get("/planned", query_string={"year": 2030, "to": to}).status_code == 404


def test_assumed_years_are_refused_by_the_store_itself(app: Flask, store: Store) -> None:
    """Whoever builds a drive without the address meets the same faults."""
    with app.test_request_context(), pytest.raises(InputError) as caught:
        store.roads(Drive(opens=(("no-such-road", 1999),)))
    assert len(caught.value.faults) == 2


# In a browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.mark.browser
def test_somebody_chooses_a_year_and_assumes_another(browser: Any, site: str) -> None:
    """Whatever is chosen is shown without leaving the page, and the address says the same; the map
    keeps it.
    """
    from playwright.sync_api import expect

    watch = Watch()
    page = watch.on(browser.new_page())
    page.goto(f"{site}/planned")
    page.get_by_role("radio", name="2035").check()
    expect(page.locator("#result")).to_contain_text("By 2035", timeout=30_000)
    page.locator("summary", has_text="Your opening year").click()
    page.get_by_label("Lang Son (Dong Dang) - Hanoi").select_option("2032")
    expect(page.locator("#result")).to_contain_text("assumed by you", timeout=30_000)
    assert page.url.endswith(f"/planned?year=2035&profile=truck&opens={LANG_SON}:2032")
    assert f"opens={LANG_SON}:2032&lang=vi" in page.locator(
        ".languages a[data-lang=vi]"
    ).get_attribute("href")
    page.goto(f"{site}/?site={PARK}&year=2035&opens={LANG_SON}:2032")
    expect(page.locator("#sheet .planned")).to_contain_text("Your assumed years", timeout=30_000)
    page.locator("#sheet .switch a", has_text="2030").click()
    expect(page.locator("#sheet .planned")).to_contain_text("by 2030", timeout=30_000)
    assert f"year=2030&opens={LANG_SON}:2032" in page.url
    page.close()
    watch.quiet(site)


@pytest.mark.browser
def test_a_year_is_chosen_on_a_phone(browser: Any, site: str) -> None:
    """The form stands above what it changes, and neither is wider than the screen."""
    from playwright.sync_api import expect

    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(f"{site}/planned?lang=en")
    choice = page.get_by_role("radio", name="2035")
    assert choice.bounding_box()["y"] < page.locator("#result").bounding_box()["y"]
    choice.check()
    expect(page.locator("#result")).to_contain_text("By 2035", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


@pytest.mark.browser
def test_without_scripts_the_whole_page_comes_from_the_server(browser: Any, site: str) -> None:
    """The form and the first look lead to a page that holds everything."""
    from playwright.sync_api import expect

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/planned?year=2030&profile=car")
    expect(page.locator("#result")).to_contain_text("By 2030", timeout=30_000)
    page.get_by_role("radio", name="2035").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#result")).to_contain_text("By 2035", timeout=30_000)
    context.close()
