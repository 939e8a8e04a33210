"""Random requests to every page of the app, from seeds: half of them plausible, half of them not.

``python tests/random_requests.py 5000`` sends as many, prints what failed with its seed, and ends
with 1 if anything did. ``python tests/random_requests.py --seed 4711`` sends one again."""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from geo.export import FORMATS
from geo.schema import LAYERS
from webapp import args
from webapp.ogc import systems
from webapp.ogc.cql import reading
from webapp.store import Store

EXPORTED = tuple(format_.extension for format_ in FORMATS.values())
JUNK = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "1e309",
        "NaN",
        "inf",
        "9" * 30,
        "0x10",
        "١٢",
        "½",
        "1,5",
        "--",
        "~",
        "~~:",
        ":",
        ",",
        ";",
        "|",
        "%",
        "%(x)s",
    ),
    *(
        "{{7*7}}",
        "${7}",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "../../etc/passwd",
        "..\\..\\x",
        "/",
        "//evil.example",
        "a" * 300,
    ),
    *(
        "\u202etxt",
        "\ud7ff",
        "é" * 150,
        "\x00",
        "\x1b[31m",
        "\r\nSet-Cookie: a=b",
        "🏭",
        "Hải Yên",
        "友谊关",
        "欽州",
        "null",
        "None",
        "True",
        "[]",
        "{}",
    ),
)
WORDS = (
    "Hai Yen",
    "VSIP",
    "Quang Ninh",
    "Haiphong",
    "bac",
    "钦州",
    "ninh",
    "Bac Luan",
    "DEEP C",
    "Nomura",
    "Cat Bi",
    "a b",
    "zzz",
)
CLAIMS = (
    "5 km from Lach Huyen port",
    "距芒街口岸30公里",
    "10 phút đến sân bay Cát Bi",
    "1 hour to Hanoi, 999999 km to Mong Cai",
    "20-30 km",
    "5km " * 200,
)
SHEETS = (
    "company;area_ha\nA;5\n",
    "公司名称,行业\n甲,汽车零部件\n",
    "Tên công ty;Diện tích\nA;50.000 m2\n",
    "company;sector;max_port_min\nA;x;=1+1\n",
    "\n\n",
    "a\n" * 50,
    "company\n" + "B\n" * 300,
    "PK\x03\x04x",
    '"',
    "company;company\nA;B\n",
    "title\ncompany;province\nA;TP. Hải Phòng\nB;-\n",
)


@dataclass
class Asked:
    """A request: its seed, method, address and form."""

    seed: int
    method: str
    path: str
    query: list[tuple[str, str]]
    form: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: FlaskClient) -> Any:
        """Send it; an upload is made anew each time."""
        form = {
            name: (
                (io.BytesIO(value.encode("utf-8", "replace")), "x.csv") if name == "file" else value
            )
            for name, value in self.form.items()
        }
        return client.open(
            self.path,
            method=self.method,
            query_string=self.query,
            data=form or None,
            headers=self.headers,
        )

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.method} {self.path} {self.query} {self.form or ''}"


class Requests:
    """Makes requests to the pages of an app, one for each seed."""

    def __init__(self, app: Flask) -> None:
        store: Store = app.extensions["zoneatlas"]
        self.rules = sorted(
            {
                (method, rule.rule)
                for rule in app.url_map.iter_rules()
                for method in rule.methods or ()
                if method not in ("HEAD", "OPTIONS")
            }
        )
        self.ids = {layer: store.layer(layer).index.tolist() for layer in LAYERS}
        self.places = [
            key
            for layer in ("parks", "gates", "ports", "airports", "cities")
            for key in self.ids[layer]
        ]
        self.networks = list(store.networks.names())
        self.provinces = store.layer("parks")["province_en"].unique().tolist()
        self.names = sorted(
            {
                *args.PARAMETERS,
                "limit",
                "offset",
                "f",
                "datetime",
                "filter",
                "bbox-crs",
                "crs",
                "properties",
                "sortby",
                "s_place",
                "d_date",
                "reserve",
            }
        )
        self.known = self._known()

    def make(self, seed: int) -> Asked:
        """Make the request of a seed."""
        dice = random.Random(seed)
        care = dice.choice((1.0, 1.0, 0.95, 0.6))  # how likely each part makes sense
        method, rule = dice.choice(self.rules)
        if method not in ("GET", "POST") and dice.random() < 0.9:
            method, rule = dice.choice([pair for pair in self.rules if pair[0] == "GET"])
        path = self._path(rule, dice, care)
        query = list(self._query(rule, dice, care))
        form: dict[str, Any] = {}
        if method == "POST" and care == 1:
            query = [("lang", dice.choice(("en", "vi", "zh")))]
        if method == "POST":
            form = {dice.choice(("file", "file", "sheet", "text", "x")): dice.choice(SHEETS)}
            if dice.random() < 0.3:
                form |= {
                    dice.choice(("format", "profile", "remarks", "closed")): dice.choice(
                        (*JUNK, "xlsx", "car", "[[],[]]")
                    )
                }
        headers = {
            "Accept": dice.choice(
                ("*/*", "text/html", "application/json", "application/xml", "image/png;q=x")
            )
        }
        if dice.random() < 0.2:
            headers["Accept-Language"] = dice.choice(("vi", "zh-TW,zh;q=0.8", "xx", "*;q=0", ",;q"))
        if dice.random() < 0.05:
            headers["If-None-Match"] = dice.choice(('"x"', "*", "W/"))
        if dice.random() < 0.05:
            headers["Range"] = dice.choice(("bytes=0-10", "bytes=99999999-", "bytes=5-1", "x"))
        return Asked(seed, method, path, query, form, headers)

    def _path(self, rule: str, dice: random.Random, care: float) -> str:
        """Fill in the variables of a rule."""
        parts = []
        for part in rule.split("/"):
            if "<" not in part:
                parts.append(part)
                continue
            name = part[part.index("<") + 1 : part.index(">")].split(":")[-1]
            right: dict[str, Callable[[], str]] = {
                "site_id": lambda: dice.choice(self.places),
                "layer_id": lambda: dice.choice(list(LAYERS)),
                "collection_id": lambda: dice.choice(list(LAYERS)),
                "feature_id": lambda: dice.choice(self.places),
                "extension": lambda: dice.choice(
                    (*EXPORTED, "html", "gpx", "ics", "yaml", "pdf", "exe")
                ),
                "filename": lambda: dice.choice(
                    ("app.css", "map.js", "vendor/leaflet.js", "../pages.py")
                ),
                **dict.fromkeys(("zoom", "column", "row"), lambda: str(dice.randrange(9))),
                "path": lambda: dice.choice(
                    ("collections/x/items", "x", "collections/parks/items/../..")
                ),
            }
            value = (
                right.get(name, lambda: "x")() if dice.random() < care else self._path_junk(dice)
            )
            parts.append(part.replace(part[part.index("<") : part.index(">") + 1], value))
            if rule.startswith("/download") and name == "layer_id" and dice.random() < 0.5:
                parts[-1] = (
                    parts[-1].replace("<string:extension>", "csv").replace("<extension>", "csv")
                )
        text = "/".join(parts)
        while "<" in text:
            text = (
                text[: text.index("<")]
                + dice.choice((*EXPORTED, "x"))
                + text[text.index(">") + 1 :]
            )
        return text

    @staticmethod
    def _path_junk(dice: random.Random) -> str:
        text = (
            dice.choice(JUNK).replace("<", "(").replace(">", ")").replace("?", "").replace("#", "")
        )
        return text or "x"

    def _query(self, rule: str, dice: random.Random, care: float) -> Iterator[tuple[str, str]]:
        """Choose parameters: mostly those that a page of this kind takes, sometimes any."""
        needed, usual = _usual(rule)
        if rule.startswith("/trip/") or (rule == "/trip" and dice.random() < 0.7):
            yield from self._trip(dice, care)
        names = [name for name in needed if dice.random() < care]
        for _ in range(dice.choice((0, 1, 1, 2, 3, 4))):
            names.append(
                dice.choice(usual)
                if usual and dice.random() < care
                else dice.choice(self.names)
                if care < 1
                else "lang"
            )
        repeated = {"pick", "criterion", "stop", "day"}
        for number, name in enumerate(names):
            if care == 1 and name in names[:number] and name not in repeated:
                continue
            plausible = self.known.get(name)
            yield name, plausible(dice) if plausible and dice.random() < care else dice.choice(JUNK)

    def _trip(self, dice: random.Random, care: float) -> Iterator[tuple[str, str]]:
        """Make a small trip, most of whose parts make sense."""
        day = dice.randint(1, 20)
        for number in range(dice.choice((1, 1, 2, 3)) if dice.random() < care else 0):
            hours = dice.choice(
                ("07:30-18:00", "08:00-12:00", "06:00-22:00")
                if dice.random() < care
                else ("22:00-06:00", "x", "18:00-07:00")
            )
            ends = ",".join(self._place(dice, care) for _ in range(dice.choice((1, 1, 2))))
            yield (
                "day",
                f"2026-12-{day + number:02}~{hours}~begin:{self._place(dice, care)}~end:{ends}",
            )
        for _ in range(dice.choice((1, 1, 2, 3)) if dice.random() < care else 0):
            parts = [self._place(dice, care)]
            good = (
                "visit:300 min",
                "must:no",
                "must:no~weight:5",
                "order:1",
                "day:1",
                "hours:Mo-Fr 08:00-17:00; PH off",
                "hours:off",
                "notes:x",
            )
            bad = (
                "visit:-5 min",
                "weight:1e15",
                "weight:0",
                "day:99",
                "hours:2026-12-02T07:30/2026-12-01T08:30",
                "x:y",
                "must:maybe",
                "visit:1e99 h",
            )
            parts += dice.sample(good if dice.random() < care else bad, dice.choice((0, 1, 1, 2)))
            yield "stop", "~".join(parts)
        if dice.random() < 0.3:
            yield (
                "lunch",
                dice.choice(
                    ("45 min", "45 min 11:30-13:00")
                    if dice.random() < care
                    else ("0 min", "9 h", "x")
                ),
            )

    def _place(self, dice: random.Random, care: float) -> str:
        near = [
            place
            for place in self.places
            if "mong-cai" in place or "ha-" in place or "dong" in place
        ]
        if dice.random() < care:
            return dice.choice(
                (dice.choice(near), dice.choice(near), dice.choice(self.places), "107.9,21.5")
            )
        return dice.choice((dice.choice(WORDS), dice.choice(JUNK)))

    def _known(self) -> dict[str, Callable[[random.Random], str]]:
        """Return for a parameter how a plausible value of it is made."""

        def choice(*values: str) -> Callable[[random.Random], str]:
            return lambda dice: dice.choice(values)

        def point(dice: random.Random) -> str:
            return f"{dice.uniform(102, 112):.4f},{dice.uniform(18, 25):.4f}"

        def amount(dice: random.Random) -> str:
            return dice.choice(("0", "1", "15", "60", "90", "100", "1000", "0.5"))

        def box(dice: random.Random) -> str:
            return ",".join(
                f"{dice.uniform(low, high):.2f}"
                for low, high in ((102, 106), (18, 21), (106, 112), (21, 25))
            )

        sites = choice(*self.ids["parks"])
        known: dict[str, Callable[[random.Random], str]] = {
            name: amount
            for name in args.PARAMETERS
            if name.startswith(("max_", "min_", "w_", "v_", "r_", "x_"))
            or name in (*args.AMOUNTS, *args.PERCENTS)
        }
        known |= {
            "q": choice(*WORDS),
            "layer": choice(*LAYERS),
            "country": choice("VN", "CN", "LA"),
            "province": choice(*self.provinces),
            "kind": choice("industrial_park", "seaport"),
            "sector": choice("electronics"),
            "status": choice("operating", "planned"),
            "lon": lambda dice: point(dice).split(",")[0],
            "lat": lambda dice: point(dice).split(",")[1],
            "at": point,
            "bbox": box,
            "crs": choice(*systems.offered()),
            "filter": lambda dice: " ".join(dice.choices(FILTER, k=dice.randint(1, 9))),
            "filter-lang": choice(reading.TEXT, reading.JSON),
            "sortby": choice("name_en", "-as_of,id", "country,-kind"),
            "properties": choice("name_en", "as_of,source", "kind"),
            "site": sites,
            "pick": sites,
            "from": choice(*self.places),
            "to": choice(*self.places),
            "profile": choice("car", "truck"),
            "network": choice(*self.networks, "none"),
            "closed": choice(*self.ids["gates"]),
            "year": choice("2030", "2035"),
            "opens": lambda dice: (
                f"{dice.choice(self.ids['corridors'])}:{dice.choice((2027, 2031, 1999))}"
            ),
            "pace": choice("quick", "usual", "bad"),
            "part": choice("sheet"),
            "wait": choice("1"),
            "minutes": choice("30", "30,60,120"),
            "area": choice("60"),
            "direction": choice("from", "to"),
            "offset": choice("0", "10", "999"),
            "limit": choice("1", "10", "1000", "0"),
            "epsg": choice("5899", "4490", "3405", "4326"),
            "lang": choice("en", "vi", "zh"),
            "sort": choice("name", "area", "gate", "money"),
            "text": choice(*CLAIMS),
            "criterion": choice("gate", "port"),
            "pair": choice("gate:port:3", "port:area:-2"),
            "example": choice("electronics", "automobile", "none"),
            "method": choice("sum", "topsis"),
            "unknown": choice("apart", "worst"),
            "f": choice("json", "html"),
            "datetime": choice("2026-01-01", "../.."),
            "years_left": choice("30"),
            "own": lambda dice: f"{sites(dice)}:wage:300-350",
            "voltage": choice("110kv", "low"),
            "destination": choice(*self.ids["ports"], *self.ids["gates"]),
            "edited": choice("1"),
            "rate": choice("7.1"),
            "rate_date": choice("2026-11-01"),
            "currency": choice("USD", "VND"),
            "basis": choice("land_year"),
            "equal": choice("hide"),
            "of": choice(*self.ids["parks"]),
            "place": lambda dice: dice.choice(
                (f"supplier~{point(dice)}~A~40", "port~port-lach-huyen-hict~~600t", "x~y")
            ),
            "via": choice(*self.ids["gates"]),
            "total": choice("hours", "km", "cost", "co2"),
            "goods": choice("electronics", "food_processing"),
            "places": choice("Dongxing; supplier; 40\nHai Phong; port", "?"),
            "add_where": choice("21.6, 107.97", "Dongxing", "?"),
            "add_role": choice("supplier", "port"),
            "traffic": choice("passenger", "cargo"),
            "whole": choice("1"),
        }
        return known


DRIVE = ("profile", "network", "closed", "year", "opens", "pace", "lang")
RANK = (
    *(name for name in args.PARAMETERS if name.startswith(("max_", "min_", "w_", "v_"))),
    *("example", "method", "unknown", "pick", "needs", "sector", "supplies", "border", "part"),
)
COST = (
    *(name for name in args.PARAMETERS if name.startswith(("r_", "x_"))),
    *(*args.AMOUNTS, *args.PERCENTS, "own", "voltage", "destination", "edited", "pick"),
)
POINT = ("lon", "lat")
FILTER = (
    *("name_en", "area_ha", "as_of", "open_to_tenants", "sectors", "geometry", "id", "NOT", "AND"),
    *("=", "<>", ">", "LIKE", "BETWEEN", "IN", "IS NULL", "+", "/", "^", "(", ")", ",", "'%a_'"),
    *("S_INTERSECTS(geometry,", "BBOX(100,20,110,25)", "T_AFTER(as_of,", "DATE('2020-02-29')"),
    *("POINT(107 21)", "CASEI(", "A_CONTAINS(", "('a','b')", "0", "-1e9", "true", "OR"),
)
"""Pieces of filters, most of whose strings are not one."""
OGC = ("limit", "offset", "bbox", "f", "crs", "filter", "filter-lang", "sortby", "properties")
PAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "/": ((), ("site", "layers", "q", "area", *args.FILTERS, *DRIVE)),
    "/access": (POINT, DRIVE),
    "/api": ((), ()),
    "/api/access": (POINT, (*DRIVE, "layer")),
    "/api/map/<layer_id>/<zoom>/<column>/<row>.mvt": ((), args.CHOICE),
    "/api/sites.json": ((), args.LIST),
    "/api/isochrones": (POINT, (*DRIVE, "minutes", "direction")),
    "/api/route": (("from", "to"), DRIVE),
    "/api/times": (POINT, (*DRIVE, "direction")),
    "/chain": (
        ("place",),
        (
            *("place", "pick", "payload", "via", "total", "goods", "co2", "places", "add_where"),
            *("add_role", "flow_1", "unit_1", "r_truck_km", "max_gate", *DRIVE),
        ),
    ),
    "/compare": (
        ("pick", "pick"),
        ("basis", "currency", "rate", "rate_date", "offer", "years_left", "pick", *DRIVE),
    ),
    "/compare.json": (("pick",), ("pick", "equal", "sort", "basis", "currency", *DRIVE)),
    "/compare.xlsx": (("pick",), ("pick", "equal", "sort", "basis", "currency", *DRIVE)),
    "/cost": (("pick", "pick"), (*COST, *DRIVE)),
    "/cost.json": (("pick",), (*COST, *DRIVE)),
    "/cost.xlsx": (("pick",), (*COST, *DRIVE)),
    "/download": ((), ("epsg", *args.FILTERS)),
    "/download/access": (("site",), ("epsg", "layer", *DRIVE)),
    "/exchange": ((), ("lang",)),
    "/match": ((), DRIVE),
    "/ogc": ((), ("f", "lang")),
    "/ogc/collections/<collection_id>": ((), OGC),
    "/planned": ((), ("year", "opens", "profile", "lang")),
    "/rank": ((), (*RANK, *DRIVE)),
    "/shortlist": (("pick",), ("pick", "part", "lang")),
    "/shortlist.": (("pick",), ("pick", *DRIVE)),
    "/sites": ((), DRIVE),
    "/sites/<site_id>/claims": (("text",), DRIVE),
    "/sw.js": ((), ()),
    "/frame.js": ((), ()),
    "/preview.png": ((), ()),
    "/table": ((), (*args.FILTERS, "sort", "offset", "layer", "lang")),
    "/trip": ((), ("title", "closed", "vehicle", "traffic", "avoid", "profile", "lang")),
    "/trip/why": (("of",), ("closed", "traffic", "profile", "lang")),
    "/where": ((), (*RANK, "site", "lon", "lat", "part", *DRIVE)),
    "/where.png": ((), (*RANK, "level", "blocks", *DRIVE)),
    "/where.tif": ((), (*RANK, "level", "blocks", *DRIVE)),
    "/where.geojson": ((), (*RANK, "level", "blocks", *DRIVE)),
    "/where.json": (POINT, (*RANK, *DRIVE)),
    "/weights": (("criterion", "criterion"), ("pair", "criterion", "lang")),
}
"""Beginnings of rules, with the parameters that their pages need, and those that they take."""


def _usual(rule: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return max(
        ((start, names) for start, names in PAGES.items() if rule.startswith(start)),
        key=lambda page: len(page[0]),
    )[1]


def failures(app: Flask, seeds: Iterable[int]) -> tuple[list[str], Counter[int]]:
    """Send the requests of these seeds; return what went wrong, and how often each status came."""
    requests, client = Requests(app), app.test_client()
    wrong: list[str] = []
    counts: Counter[int] = Counter()
    for seed in seeds:
        asked = requests.make(seed)
        try:
            answer = asked.send(client)
            status = answer.status_code
            answer.close()
        except Exception as error:  # the test client hands on what a view raises
            wrong.append(f"{asked}\n    {type(error).__name__}: {error}")
            continue
        counts[status] += 1
        if status >= 500:
            wrong.append(f"{asked}\n    {status}")
    return wrong, counts


def main() -> int:
    from webapp import create_app

    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("count", nargs="?", type=int, default=500)
    reader.add_argument("--first", type=int, default=0, help="first seed")
    reader.add_argument("--seed", type=int, help="send this one only, and print its answer")
    options = reader.parse_args()
    app = create_app()
    if options.seed is not None:
        app.testing = True
        asked = Requests(app).make(options.seed)
        answer = asked.send(app.test_client())
        sys.stdout.write(f"{asked}\n{answer.status_code}\n{answer.get_data(as_text=True)[:2000]}\n")
        return int(answer.status_code >= 500)
    start = time.monotonic()
    wrong, counts = failures(app, range(options.first, options.first + options.count))
    lines = [
        *wrong,
        (
            f"{options.count} requests in {time.monotonic() - start:.0f} s:"
            f" {dict(sorted(counts.items()))}, {len(wrong)} failed"
        ),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
