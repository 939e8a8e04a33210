"""Places are found by what people call them, and a name of several offers all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.visits import trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.place_names import KINDS, folded
from webapp.cli.main import main

TRIP = (
    "hours: 07:30-18:00\nbegin: ha-long\nend: ha-long\ndays: [{{date: 2026-12-01}}]\nstops:"
    " [{{site: hai-yen-ip}}, {{site: {}}}]\n"
)


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return Gazetteer.read(layers.bundled())


def names_of(known: Gazetteer, stem: str) -> list[tuple[str, str, str]]:
    """Return layer, id and name of every place in every language; `stem` is ``name`` or
    ``opposite_name``.
    """
    return [
        (layer, str(key), str(text))
        for layer, frame in known.frames.items()
        for code in ("en", "vi", "zh")
        if f"{stem}_{code}" in frame
        for key, text in frame[f"{stem}_{code}"].items()
        if pd.notna(text)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hai Yen", {"hai-yen-ip", "hai-yen-ic", "hai-yen-km3-4"}),
        ("hải yên", {"hai-yen-ip", "hai-yen-ic", "hai-yen-km3-4"}),
        ("海安", {"hai-yen-ip", "hai-yen-ic", "hai-yen-km3-4"}),
        ("Bac Luan", {"mong-cai-bac-luan-1", "mong-cai-bac-luan-2"}),
        ("Bắc Luân", {"mong-cai-bac-luan-1", "mong-cai-bac-luan-2"}),
        ("cửa khẩu Móng Cái", {"mong-cai-bac-luan-1", "mong-cai-bac-luan-2"}),
        ("东兴口岸", {"mong-cai-bac-luan-1", "mong-cai-bac-luan-2"}),
        ("Hữu Nghị Quan", {"huu-nghi", "huu-nghi-1119"}),
        ("Ta Lung", {"ta-lung", "ta-lung-town"}),
    ],
)
def test_a_name_of_several_places_means_them_all(
    known: Gazetteer, text: str, wanted: set[str]
) -> None:
    """A name without a kind, in any language, and one with the kind of several, offers every
    place.
    """
    assert set(known.names.find(text)) == wanted


@pytest.mark.parametrize("text", ["VSIP", "DEEP C", "KCN VSIP"])
def test_a_name_of_a_group_means_every_place_with_it(known: Gazetteer, text: str) -> None:
    """All parks whose names hold the group's name are among the choices, in whichever language and
    behind whichever bracket.
    """
    bare = text.removeprefix("KCN ").casefold()
    wanted = {
        key
        for layer, key, name in names_of(known, "name")
        if layer == "parks" and bare in name.casefold()
    }
    assert len(wanted) > 3
    assert wanted <= set(known.names.find(text))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        *(
            ("KCN Hải Yên", "hai-yen-ip"),
            ("Hai Yen IP", "hai-yen-ip"),
            ("海安工业园", "hai-yen-ip"),
        ),
        *(
            ("友谊关", "huu-nghi"),
            ("友谊关口岸", "huu-nghi"),
            ("Youyiguan", "huu-nghi"),
            ("CỬA KHẨU HỮU NGHỊ", "huu-nghi"),
        ),
        *(
            ("Bac Luan II", "mong-cai-bac-luan-2"),
            ("Móng Cái", "mong-cai"),
            ("Mong Cai", "mong-cai"),
            ("TP. Hạ Long", "ha-long"),
        ),
        *(
            ("东兴", "dongxing"),
            ("Dong Hung", "dongxing"),
            ("Haiphong", "hai-phong"),
            ("Ｈａ　Ｌｏｎｇ", "ha-long"),
            ("浦寨", "tan-thanh"),
        ),
        *(
            ("dong mai ip", "dong-mai-ip"),
            ("sân bay Vân Đồn", "apt-van-don"),
            ("Noi Bai airport", "apt-noi-bai"),
        ),
    ],
)
def test_a_name_of_one_place_means_it(known: Gazetteer, text: str, place: str) -> None:
    """With the word for its kind, by its other side, with marks or without, with full-width
    signs.
    """
    assert known.names.find(text) == (place,)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "KCN", "IP", "口岸", "工业园", "Atlantis", "107.1, 20.9", "(", "[a-z]+", "\\"],
)
def test_what_names_nothing_finds_nothing(known: Gazetteer, text: str) -> None:
    """Neither a letter, nor the word for a kind alone, nor signs that mean something to a
    pattern.
    """
    assert known.names.find(text) == ()


def test_every_place_is_found_by_each_of_its_names(known: Gazetteer) -> None:
    """In every language, with marks or without; and a gate by what the other side calls it, unless
    a place is called so itself.
    """
    owners: dict[str, set[str]] = {}
    for _layer, key, name in names_of(known, "name"):
        owners.setdefault(folded(name).replace(" ", ""), set()).add(key)
    for _layer, key, name in names_of(known, "name"):
        for text in (name, name.upper(), folded(name), f"  {name} "):
            assert set(known.names.find(text)) == owners[folded(name).replace(" ", "")], (key, text)
    others = names_of(known, "opposite_name")
    assert len(others) > 60
    for _layer, key, name in others:
        keys = set(known.names.find(name))
        assert key in keys or keys == owners[folded(name).replace(" ", "")], (key, name)


@pytest.mark.parametrize("layer", KINDS)
def test_the_word_for_a_kind_keeps_to_that_kind(known: Gazetteer, layer: str) -> None:
    """Before a name or behind it, each word for the kind finds the place, and nothing of another
    kind.
    """
    words, tried = [folded(word) for word in KINDS[layer]], 0
    names = {
        folded(name) for stem in ("name", "opposite_name") for _, _, name in names_of(known, stem)
    }
    for of, key, name in names_of(known, "name"):
        bare = min(
            (folded(name).removeprefix(word).removesuffix(word).strip() for word in words), key=len
        )
        if (
            of != layer
            or re.search(r"[(（,-]", name)
            or sum(char.isalpha() for char in bare) < 2
            or any(word in bare for word in words)
        ):
            continue
        for word in words:
            space = " " if word.isascii() else ""
            for text in (f"{word}{space}{bare}", f"{bare}{space}{word}"):
                if text in names:  # a place is called so as a whole
                    continue
                keys = known.names.find(text)
                assert key in keys, (text, name)
                assert {known.layer_of[key] for key in keys} == {layer}, (text, keys)
                tried += 1
    assert tried > 20


def test_the_message_lists_the_choices(known: Gazetteer) -> None:
    """Places of a name are listed with id and name; a name of one place proposes its id; one much
    like a name proposes that.
    """
    for text, sentence in (
        (
            "Hai Yen",
            (
                "“Hai Yen” may mean hai-yen-ip (Hai Yen Industrial Park), hai-yen-km3-4 (Km3+4 Hai"
                " Yen crossing), hai-yen-ic (Hai Yen Industrial Cluster); write one of these ids"
            ),
        ),
        ("友谊关", "there is no place “友谊关”; did you mean “huu-nghi”?"),
        ("Hai Yem", "there is no place “Hai Yem”; did you mean “hai-yen-ip”?"),
        ("Atlantis", "there is no place “Atlantis”"),
    ):
        with pytest.raises(NotFoundError) as caught:
            known.place(text)
        assert str(caught.value) == sentence


def test_a_file_names_the_choices_by_its_own_keys(known: Gazetteer, tmp_path: Path) -> None:
    """On the command line the fault has the path of the file and every choice; each choice, written
    instead, reads.
    """
    path = tmp_path / "trip.yaml"
    path.write_text(TRIP.format("VSIP"), encoding="utf-8")
    answer = CliRunner().invoke(main, ["trip", "check", str(path)])
    assert answer.exit_code == 1
    assert "stops[1].site: “VSIP” may mean " in answer.output
    choices = known.names.find("VSIP")
    assert all(key in answer.output for key in choices)
    for key in choices:
        assert trip_file.read(TRIP.format(key), known).stops[1].place.id == key
    with pytest.raises(InputError, match="begin: “Bac Luan” may mean"):
        trip_file.read(
            TRIP.format("dong-mai-ip").replace("begin: ha-long", "begin: Bac Luan"), known
        )
