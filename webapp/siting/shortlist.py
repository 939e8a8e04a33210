"""The short list: sites that a browser keeps, or that a link names; nothing is kept here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from webapp import args
from webapp.siting.wish import MOST_PICKED
from webapp.store import store

pages = Blueprint("shortlist", __name__)

STATE = ("pick",)
"""Parameters that say what is listed."""
MOST_SAVED = 100
"""Sites of a list; the script that keeps one holds the same number."""


@pages.get("/shortlist")
def shortlist() -> Any:
    values = args.parse(request.args, (*STATE, "part"))
    picked = tuple(dict.fromkeys(values.get("pick", ())))
    parks = store().layer("parks")
    listed = picked[:MOST_SAVED]
    return render_template(
        "siting/_shortlist.html" if "part" in values else "siting/shortlist.html",
        listed=listed,
        ticked=[site for site in listed if site in parks.index][:MOST_PICKED],
        left_out=len(picked) - len(listed),
        parks=parks,
        most_saved=MOST_SAVED,
        most_picked=MOST_PICKED,
        is_own="part" in values,
    )
