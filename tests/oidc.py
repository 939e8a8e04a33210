"""A small provider of OpenID Connect on this machine, which can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "zone-atlas", "shared secret"


@dataclass
class Provider:
    """What the provider knows, and how it lies.

    Attributes
    ----------
    person
        Claims about whoever signs in.
    lies
        Claims that replace the true ones; None leaves one out.
    forged
        How the token is signed otherwise: ``key``, ``none`` or ``HS256``.
    asked
        Queries with which the browser came.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "name": "Lê Thị Hoa"})
    lies: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    forged: str = ""
    broken: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            **self.about,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return the address to which the browser is sent back."""
        self.asked.append(query)
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], header: str) -> dict[str, Any] | None:
        """Return what a code is exchanged for; None if anything about it is not right."""
        asked = self.codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        own = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or asked.get("code_challenge") != challenge
            or asked.get("code_challenge_method") != "S256"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or header != f"Basic {own}"
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.person, **self.lies}
        claims = {name: claim for name, claim in claims.items() if claim is not None}
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": self.signed(claims),
            "expires_in": 300,
        }

    def signed(self, claims: dict[str, Any]) -> str:
        if self.forged == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(_base64(json.dumps(part).encode()) for part in parts) + "."
        if self.forged == "HS256":  # as if the published key were a shared secret
            parts = ({"alg": "HS256", "kid": "1"}, claims)
            text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
            public = self.key.as_pem(private=False)
            return f"{text}.{_base64(hmac.new(public, text.encode(), hashlib.sha256).digest())}"
        token = jwt.encode(
            {"alg": "RS256", "kid": "1"}, claims, self.other if self.forged == "key" else self.key
        )
        if self.forged == "changed":
            head, _, signature = token.split(".")
            changed = _base64(json.dumps(claims | {"sub": "the keeper"}).encode())
            return f"{head}.{changed}.{signature}"
        return token


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if provider.broken:
                self.send(500, {"error": "broken"})
            elif parts.path.endswith("/openid-configuration"):
                self.send(200, provider.metadata())
            elif parts.path == "/keys":
                self.send(200, {"keys": [provider.key.as_dict(private=False)]})
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(dict(parse_qsl(parts.query))))
                self.end_headers()
            else:
                self.send(404, {})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = {
                name: value[0] for name, value in parse_qs(self.rfile.read(length).decode()).items()
            }
            answer = provider.token(form, self.headers.get("Authorization", ""))
            self.send(200 if answer else 400, answer or {"error": "invalid_grant"})

        def send(self, status: int, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
