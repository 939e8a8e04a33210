"""Signing in by another service: OpenID Connect, with a code, PKCE, state and nonce."""

from __future__ import annotations

from typing import Any

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from geo.errors import InputError
from webapp.i18n import gettext as _
from webapp.team import accounts, attempts, cookies, entering, pages, tables
from webapp.team.entering import engine

blueprint = Blueprint("elsewhere", __name__)

WAIT_S = 10.0
LEEWAY_S = 60
"""How far the clocks of two machines may differ."""
SIGNED_BY = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""How the service may sign who somebody is: with keys of its own, which it publishes."""
FLAWS = (OAuthError, JoseError, requests.RequestException, ValueError, KeyError, RuntimeError)
"""What goes wrong with an answer that is not as it has to be, or with none."""


def install(app: Flask) -> None:
    """Let people sign in by the service that the settings name."""
    config = app.config
    app.secret_key = attempts.secret(tables.opened(config), "cookies")
    with app.app_context():
        config.update(
            SESSION_COOKIE_NAME=cookies.name("elsewhere"),
            SESSION_COOKIE_SECURE=cookies.is_secure(),
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
        )
    app.extensions["zoneatlas.oidc"] = OAuth(app).register(
        "oidc",
        client_id=config["OIDC_CLIENT"],
        client_secret=config["OIDC_SECRET"] or None,
        server_metadata_url=f"{config['OIDC_ISSUER']}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": WAIT_S,
            **({} if config["OIDC_SECRET"] else {"token_endpoint_auth_method": "none"}),
        },
    )


@blueprint.get("/sign-in/elsewhere")
def begin() -> Response:
    """Lead the browser to the service, which leads it to :func:`back`."""
    session.clear()
    try:
        onward = entering.own_path(request.args.get("next", "/"))
        here = current_app.config["PUBLIC_URL"] + url_for("elsewhere.back")
        answer: Response = _service().authorize_redirect(here)
        session["onward"] = onward[:2000]
    except FLAWS as error:
        return _refused(error)
    return answer


@blueprint.get("/sign-in/back")
def back() -> Response:
    """Take who the service says it is, once, and begin a session."""
    onward = str(session.get("onward", "/"))
    config = current_app.config
    try:
        service = _service()
        options = {
            "iss": {"essential": True, "value": service.load_server_metadata()["issuer"]},
            "aud": {"essential": True, "value": config["OIDC_CLIENT"]},
        }
        answer = service.authorize_access_token(claims_options=options, leeway=LEEWAY_S)
        claims: dict[str, Any] = answer["userinfo"]
        subject = f"{claims['iss']} {claims['sub']}"
        names = (claims.get(name) for name in ("name", "preferred_username", "email"))
        wanted = next((name for name in names if isinstance(name, str) and name), "")
    except FLAWS as error:
        return _refused(error)
    finally:
        session.clear()
    try:
        account = accounts.of_subject(engine(), subject, wanted)
    except InputError as error:
        return pages.refused(str(error))
    if account is None:
        return pages.refused(_("You do not belong to this team any more."))
    return entering.welcome(account, onward, "sign-in elsewhere")


def _service() -> Any:
    """Return the service; what it says of itself is read once, and held to what we ask of it.

    Raises
    ------
    ValueError
        It calls itself otherwise than it was called here.
    """
    service = current_app.extensions["zoneatlas.oidc"]
    about = service.load_server_metadata()
    if str(about.get("issuer", "")).rstrip("/") != current_app.config["OIDC_ISSUER"]:
        service.server_metadata.pop("_loaded_at", None)
        raise ValueError(f"the issuer is called {about.get('issuer')!r}")
    ways = about.get("id_token_signing_alg_values_supported") or ["RS256"]
    about["id_token_signing_alg_values_supported"] = [each for each in ways if each in SIGNED_BY]
    return service


def _refused(error: Exception) -> Response:
    """Return the page that asks again; the reason is for the log of the operator."""
    current_app.logger.warning("Signing in elsewhere failed: %s: %s", type(error).__name__, error)
    if isinstance(error, requests.RequestException):
        fault = _("The other service does not answer; try again in a moment.")
        return pages.refused(fault, status=503)
    return pages.refused(_("The other service has not confirmed who you are; try again."))
