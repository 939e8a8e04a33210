"""Signatures of releases as minisign makes them: either program reads what the other writes."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from geo.errors import InputError, Message, NotFoundError

PURE, HASHED = b"Ed", b"ED"
"""Signatures of the bytes themselves, and of their hash; the second is written."""
UNLOCKED = b"Ed" + b"\0\0" + b"B2" + bytes(48)
"""Beginning of a secret key without a password: no salt, no limits of its derivation."""
FILE = "exchange.key"
ENDING = ".minisig"

# Source of the form of keys and signatures: the manual of minisign, “Signature format”.


@dataclass(frozen=True)
class Key:
    """A pair of keys. ``number`` names it in signatures."""

    number: bytes
    seed: bytes

    @property
    def public(self) -> str:
        """The public key in one line, as others put it into their feeds."""
        from nacl.signing import SigningKey

        point = bytes(SigningKey(self.seed).verify_key)
        return base64.b64encode(PURE + self.number + point).decode()


def make(folder: Path) -> Key:
    """Make a pair of keys in a folder: the secret one readable by its owner only, the public one
    beside it.

    Raises
    ------
    InputError
        There is one already; it is never replaced, for others know it.
    """
    from nacl.signing import SigningKey

    key = Key(secrets.token_bytes(8), secrets.token_bytes(32))
    secret = key.number + key.seed + bytes(SigningKey(key.seed).verify_key)
    check = hashlib.blake2b(PURE + secret, digest_size=32).digest()
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    line = base64.b64encode(UNLOCKED + secret + check).decode()
    _put_once(path, f"untrusted comment: Zone Atlas secret key\n{line}\n")
    path.with_suffix(".pub").write_text(
        f"untrusted comment: Zone Atlas public key\n{key.public}\n", encoding="utf-8"
    )
    return key


def _put_once(path: Path, text: str) -> None:
    """Write a secret file, whole or not at all, where none is."""
    handle, beside = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    except FileExistsError:
        raise InputError(
            Message("There is a key already, %(path)s; it is not replaced.", {"path": path})
        ) from None
    finally:
        os.unlink(beside)


def read(folder: Path) -> Key:
    """Read the pair of keys of a folder.

    Raises
    ------
    NotFoundError
        There is none.
    InputError
        The file is not a secret key, or one with a password.
    """
    from nacl.signing import SigningKey

    path = folder / FILE
    if not path.is_file():
        raise NotFoundError(Message("There is no key %(path)s.", {"path": path}))
    data = _decoded(path.read_text(encoding="utf-8", errors="replace").splitlines()[1:2])
    secret, stated = data[len(UNLOCKED) : -32], data[-32:]
    check = hashlib.blake2b(PURE + secret, digest_size=32).digest()
    if (
        not data.startswith(UNLOCKED[:6])
        or len(secret) != 72
        or stated not in (check, bytes(32))  # minisign checks what has a password only
        or bytes(SigningKey(secret[8:40]).verify_key) != secret[40:]
    ):
        raise InputError(
            Message("%(path)s is not a secret key without a password.", {"path": path})
        )
    return Key(secret[:8], secret[8:40])


def sign(data: bytes, key: Key, comment: str) -> str:
    """Write the signature of a file; ``comment`` is part of what is signed."""
    from nacl.signing import SigningKey

    signer = SigningKey(key.seed)
    comment = " ".join(comment.split())
    signature = signer.sign(hashlib.blake2b(data).digest()).signature
    whole = signer.sign(signature + comment.encode()).signature
    lines = (
        "untrusted comment: signature of a release of Zone Atlas",
        base64.b64encode(HASHED + key.number + signature).decode(),
        f"trusted comment: {comment}",
        base64.b64encode(whole).decode(),
    )
    return "\n".join(lines) + "\n"


def verify(data: bytes, signature: str, public: str) -> str:
    """Check the signature of a file, and return the comment that is signed with it.

    Raises
    ------
    InputError
        The public key or the signature cannot be read, or the file is another one than was signed
        with this key.
    """
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    key = public_key(public)
    lines = signature.splitlines()
    prefix = "trusted comment: "
    signed, whole = _decoded(lines[1:2]), _decoded(lines[3:4])
    if (
        len(lines) < 4
        or len(signed) != 74
        or len(whole) != 64
        or signed[:2] not in (PURE, HASHED)
        or not lines[2].startswith(prefix)
    ):
        raise InputError(Message("The signature cannot be read."))
    if signed[2:10] != key[2:10]:
        raise InputError(Message("The release is signed with another key than the known one."))
    comment = lines[2][len(prefix) :]
    checker = VerifyKey(key[10:])
    try:
        checker.verify(
            hashlib.blake2b(data).digest() if signed[:2] == HASHED else data, signed[10:]
        )
        checker.verify(signed[10:] + comment.encode(), whole)
    except BadSignatureError:
        raise InputError(
            Message("The signature does not fit: the release was changed after it was signed.")
        ) from None
    return comment


def public_key(text: str) -> bytes:
    """Read a public key: its line, or the file that holds it."""
    lines = text.strip().splitlines()
    key = _decoded(lines[-1:])
    if len(key) != 42 or not key.startswith(PURE):
        raise InputError(Message("This is not a public key of minisign."))
    return key


def _decoded(line: list[str]) -> bytes:
    try:
        return base64.b64decode(line[0], validate=True) if line else b""
    except ValueError:
        return b""
