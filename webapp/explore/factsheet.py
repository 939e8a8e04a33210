"""The page to take along: everything known of a site on A4, as a page that prints clean, and as PDF
where something makes it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from geo.errors import NotFoundError, UnavailableError
from geo.roads.drive import Drive
from webapp import args, charts, styles
from webapp.explore import site_sheet
from webapp.i18n import current, day
from webapp.i18n import gettext as _
from webapp.store import store

pages = Blueprint("factsheet", __name__)

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("chrome", "msedge"),
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--no-pdf-header-footer", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-javascript"),
)
TIMEOUT_S = 40
_turn = threading.Lock()
"""A browser needs hundreds of MB: one at a time."""


@pages.get("/sites/<site_id>/factsheet")
def html(site_id: str) -> str:
    values = args.parse(request.args, args.DRIVE)
    return _render(site_id, Drive.of(values), style="")


@pages.get("/sites/<site_id>/factsheet.pdf")
def pdf(site_id: str) -> Response:
    values = args.parse(request.args, args.DRIVE)
    body = make_pdf(_render(site_id, Drive.of(values), style=styles.text("factsheet.css")))
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="zone-atlas-{site_id}-{current().code}.pdf"'
    )
    return response


def _render(site_id: str, drive: Drive, *, style: str) -> str:
    opened, language = store(), current().code
    site = site_sheet.Site.of(opened, site_id, drive)
    address = f"{opened.public_url}{url_for('pages.site', site_id=site_id)}?lang={language}"
    return render_template(
        "explore/factsheet.html",
        **vars(site),
        map=charts.locator(opened, site.lonlat),
        code=charts.code(address),
        address=address,
        printed=day(date.today().isoformat()),
        style=Markup(style),  # our own file, no data in it
        query={**drive.query(), "lang": language},
    )


def make_pdf(page: str) -> bytes:
    """Write a page that needs nothing beside itself as PDF, by WeasyPrint or by a browser that is
    installed.

    Raises
    ------
    NotFoundError
        Neither is there.
    UnavailableError
        The browser did not answer in time.
    """
    if find_spec("weasyprint"):
        import weasyprint

        return bytes(weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).write_pdf())
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise NotFoundError(
            _(
                "This server cannot make a PDF: neither WeasyPrint nor a browser is installed. "
                "Print the page instead."
            )
        )
    with _turn, tempfile.TemporaryDirectory() as folder:
        source, goal = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            *FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={goal}",
            source.as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
            return goal.read_bytes()
        except (subprocess.SubprocessError, OSError):
            raise UnavailableError(
                _("The browser that makes the PDF did not answer; try again, or print the page.")
            ) from None


def _fetch_nothing(address: str) -> dict[str, str]:
    raise ValueError(f"{address}: a factsheet holds all it needs")
