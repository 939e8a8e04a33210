"""The cookies of a team: their names, and how the browser is to keep them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.wrappers import Response

SESSION = "session"
VISIT = "visit"
DEVICE = "device"


def name(kind: str) -> str:
    """Return the name of a cookie. Servers on other ports of the machine have others, and under
    https no page of a neighbouring host can set it.
    """
    port = urlsplit(current_app.config["PUBLIC_URL"]).port
    plain = f"zoneatlas-{kind}" + (f"-{port}" if port else "")
    return f"__Host-{plain}" if is_secure() else plain


def is_secure() -> bool:
    """Return whether people reach the server under https."""
    return str(current_app.config["PUBLIC_URL"]).startswith("https:")


def get(kind: str) -> str:
    """Read a cookie; empty where there is none, or one longer than ours."""
    text = request.cookies.get(name(kind), "")
    return text if len(text) <= 500 else ""


def put(response: Response, kind: str, text: str, lasts_s: int | None = None) -> None:
    """Let the browser keep a cookie, which no script can read, for so long or while it is open."""
    response.set_cookie(
        name(kind),
        text,
        max_age=lasts_s,
        path="/",
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
    )


def drop(response: Response, kind: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name(kind), path="/", secure=is_secure(), httponly=True, samesite="Lax")
