"""A ranking on paper: the sites in order, how far to trust that, and what was asked."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from webapp import charts, styles
from webapp.explore.factsheet import make_pdf
from webapp.i18n import current, day
from webapp.siting import files, plants
from webapp.siting.rank import park_of, words
from webapp.siting.rank_files import for_file

pages = Blueprint("rank_pdf", __name__)
MOST_PINS = 9
"""Sites whose pins a small map holds."""


@pages.get("/rank.pdf")
def as_pdf() -> Response:
    opened, wish, answer, trusted = for_file()
    ranked = answer.ranked
    address = files.link(opened, urlencode(wish.query()))
    rows = ranked.rows[:MOST_PINS] if ranked else []
    page = render_template(
        "siting/rank_paper.html",
        wish=wish,
        result=answer,
        trust=trusted,
        park=park_of(opened),
        plant=plants.plants(opened).get(wish.supplies),
        map=charts.strip(opened, opened.layer("parks").geometry.loc[rows]) if rows else None,
        code=charts.code(address),
        address=address,
        about=opened.about("parks"),
        printed=day(date.today().isoformat()),
        style=Markup(styles.text("factsheet.css", "rank_paper.css")),  # our own files
        **words(),
    )
    response = Response(make_pdf(page), mimetype="application/pdf")
    name = f"zone-atlas-ranking-{current().code}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
