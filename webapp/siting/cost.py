"""The cost of sites for a project: ten years side by side, one container, and what decides."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for

from geo.errors import InputError, NotFoundError
from geo.siting.costs import ITEMS
from geo.siting.rates import LINES, VOLTAGES
from webapp import args, labels
from webapp.field_words import field_name
from webapp.i18n import gettext as _
from webapp.i18n import translated
from webapp.readers import own_rate
from webapp.siting import compare_files, cost_rows, files
from webapp.siting.beside import Part
from webapp.siting.compare import More
from webapp.siting.cost_facts import Costed
from webapp.siting.cost_wish import CHANGES, NEW, RATES, STATE, TYPED, CostWish, ends_text
from webapp.siting.offers import plain
from webapp.siting.wish import MOST_PICKED
from webapp.store import Store, store

pages = Blueprint("cost", __name__)

UNITS = {
    "land_ha": "ha",
    "building_m2": "m²",
    "factory_m2": "m²",
    "workers": "",
    "power_kwh": "kWh",
    "off_peak_pct": "%",
    "peak_pct": "%",
    "water_m3": "m³",
    "containers": "",
    "profit_usd": "USD",
    "discount_pct": "%",
}
"""Of what is typed of a project, in the order of the form."""


@dataclass(frozen=True)
class Shown:
    """What the page and its twins lay side by side."""

    costed: Costed
    years: list[Part]
    containers: list[Part]
    rates: list[Part]

    @classmethod
    def of(cls, opened: Store, wish: CostWish) -> Shown:
        costed = Costed.of(opened, wish)
        return cls(
            costed,
            cost_rows.years(opened, costed),
            cost_rows.containers(opened, costed),
            [cost_rows.rate_card(opened, costed)],
        )

    @property
    def missing(self) -> list[str]:
        """What the lines are called that no container's cost counts."""
        return [translated(LINES[line].title) for line in cost_rows.missing_everywhere(self.costed)]

    @property
    def not_counted(self) -> list[str]:
        """What the items are called that are not in the totals."""
        return [translated(ITEMS[item]) for item in self.costed.comparison.left_out]

    @property
    def parts(self) -> list[Part]:
        """All of them, in the order of the page."""
        return [*self.years, *self.containers, *self.rates]


@pages.get("/cost")
def cost() -> Any:
    values, slips = args.parse_form(request.args, (*STATE, *NEW, "q"), (*TYPED, "own_value"))
    opened = store()
    wish, left_out = _wish(opened, values)
    if "own_value" in values:
        return _with_own(wish, values)
    shown = Shown.of(opened, wish) if wish.picked else None
    page = render_template(
        "siting/cost.html",
        wish=wish,
        shown=shown,
        slips=slips,
        levers=cost_rows.levers(opened, shown.costed) if shown else [],
        missing=shown.missing if shown else [],
        left_out=left_out,
        most=MOST_PICKED,
        more=More.of(opened, wish, values.get("q")),
        parks=opened.layer("parks"),
        places=_places(opened, shown),
        field_name=field_name,
        money_text=cost_rows.money_text,
        rates=RATES,
        changes=CHANGES,
        units=UNITS,
        lines=LINES,
        voltages=VOLTAGES,
        deciding=cost_rows.DECIDING,
        plain=plain,
        ends_text=ends_text,
        drive=wish.drive,
    )
    return page, 400 if slips else 200


def _places(opened: Store, shown: Shown | None) -> dict[str, dict[str, str]]:
    """Return the names of ports and gates that containers may go to, by layer."""
    goals = shown.costed.goals if shown else []
    places: dict[str, dict[str, str]] = {"ports": {}, "gates": {}}
    for goal in goals:
        places[goal.layer][goal.id] = labels.name(opened.layer(goal.layer).loc[goal.id])
    return places


def _with_own(wish: CostWish, values: dict[str, Any]) -> Any:
    """Lead to the address that holds one more own number of a site."""
    if not {*NEW} <= values.keys():
        raise InputError(_("A number of one site needs the site, the rate and the number."))
    try:
        parts = (values["own_site"], values["own_line"], values["own_value"])
        site, line, ends = own_rate(":".join(parts))
    except ValueError as error:
        name = field_name(f"r_{values['own_line']}")
        fault = _("%(field)s: %(fault)s", field=name, fault=error)
        raise InputError(_("The number cannot be read:"), [fault]) from error
    more = replace(wish, of_sites=wish.of_sites | {(site, line): ends})
    _refuse_own(more)
    language = [("lang", request.args["lang"])] if request.args.get("lang") else []
    return redirect(f"{url_for('cost.cost')}?{urlencode([*more.query(), *language])}")


def _refuse_own(wish: CostWish) -> None:
    elsewhere = dict.fromkeys(site for site, _line in wish.of_sites if site not in wish.picked)
    if elsewhere:
        raise InputError(_("There are numbers for sites that do not stand here:"), [*elsewhere])


def _wish(opened: Store, values: dict[str, Any]) -> tuple[CostWish, tuple[str, ...]]:
    """Take the wish from a query, with the sites that are too many."""
    wish = CostWish.of(values)
    missing = [site for site in wish.picked if site not in opened.layer("parks").index]
    if missing:
        raise NotFoundError(_("There is no site “%(name)s”.", name=missing[0]))
    goals = {*opened.layer("ports").index, *opened.layer("gates").index}
    if wish.destination and wish.destination not in goals:
        raise NotFoundError(_("There is no place “%(name)s”.", name=wish.destination))
    _refuse_own(wish)
    return replace(wish, picked=wish.picked[:MOST_PICKED]), wish.picked[MOST_PICKED:]


@pages.get("/cost.json")
def as_json() -> Response:
    opened, wish, left_out = _for_file()
    shown = Shown.of(opened, wish)
    document = compare_files.document(opened, wish, wish.picked, shown.parts, left_out)
    return files.json_response(
        document
        | {
            "project": asdict(wish.project),
            "counted": [*shown.costed.comparison.counted],
            "not_counted": {
                item: [*sites] for item, sites in shown.costed.comparison.left_out.items()
            },
            "containers_to": shown.costed.to,
            "deciding": [
                {
                    "input": swing.input,
                    "title": cost_rows.input_name(swing.input),
                    "sites": [*swing.sites],
                    "low": files.number(swing.low),
                    "high": files.number(swing.high),
                    "at_low": {site: files.number(n) for site, n in swing.at_low.items()},
                    "at_high": {site: files.number(n) for site, n in swing.at_high.items()},
                    "size": round(swing.size, 2),
                    "order_turns": swing.turns,
                }
                for swing in shown.costed.swings
            ],
        }
    )


@pages.get("/cost.xlsx")
def as_xlsx() -> Response:
    opened, wish, left_out = _for_file()
    shown = Shown.of(opened, wish)
    sheets = compare_files.sheets(opened, wish, wish.picked, shown.parts, left_out)
    project = [
        (files.with_unit(field_name(name), unit), getattr(wish.project, name))
        for name, unit in UNITS.items()
    ]
    sheets = {
        **sheets,
        _("Project"): [(_("Input"), _("Value")), *project],
        _("What decides"): [
            (_("Input"), _("From"), _("To"), _("Change (USD)"), _("Order of sites turns")),
            *(
                (
                    cost_rows.input_name(swing.input),
                    *(round(value, 6) for value in (swing.low, swing.high)),
                    round(swing.size, 2),
                    _("yes") if swing.turns else _("no"),
                )
                for swing in shown.costed.swings
            ),
        ],
    }
    widths = dict.fromkeys(sheets, (38, *((30,) * MOST_PICKED)))
    return files.xlsx_response(sheets, widths, "cost")


def _for_file() -> tuple[Store, CostWish, tuple[str, ...]]:
    opened = store()
    return opened, *_wish(opened, args.parse(request.args, STATE))
