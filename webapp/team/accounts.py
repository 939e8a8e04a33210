"""The people of a team: added, found, given a role or a password, removed; each step is logged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from geo.errors import InputError, NotFoundError
from geo.exchange.database import reading, writing
from webapp.i18n import gettext as _
from webapp.team import names, passwords
from webapp.team.roles import ROLES, Person
from webapp.team.tables import note, people, sessions, tokens

KEEPER = ROLES[-1]


@dataclass(frozen=True)
class Account:
    """A row of the table of people.

    Attributes
    ----------
    fresh
        Whether the password was chosen by someone else and is to be changed first.
    subject
        Who they are elsewhere, if they sign in there: the issuer and its word for them.
    active
        Whether they belong to the team; those who were removed keep their row and their name.
    """

    number: int
    key: str
    name: str
    role: str
    password: str
    fresh: bool
    subject: str | None
    active: bool
    added: float

    @property
    def person(self) -> Person:
        return Person(self.name, self.role)


def every(engine: Engine) -> list[Account]:
    """Return the people of the team, by name."""
    query = sa.select(people).where(people.c.active).order_by(people.c.key)
    with reading(engine) as connection:
        return [Account(**row._mapping) for row in connection.execute(query)]


def by_name(engine: Engine, name: str) -> Account | None:
    """Find a person of the team by what they type as their name."""
    with reading(engine) as connection:
        account = _find(connection, people.c.key == names.key(name))
    return account if account and account.active else None


def by_number(engine: Engine, number: int) -> Account:
    """Return a person of the team by number.

    Raises
    ------
    NotFoundError
        The team has no such person.
    """
    with reading(engine) as connection:
        account = _find(connection, people.c.number == number)
    if account is None or not account.active:
        raise NotFoundError(_("There is no such person in the team."))
    return account


def named(engine: Engine, name: str) -> Account:
    """Return a person of the team by name.

    Raises
    ------
    NotFoundError
        The team has no such person.
    """
    account = by_name(engine, name)
    if account is None:
        raise NotFoundError(_("“%(name)s” is not in the team.", name=name))
    return account


def add(
    engine: Engine,
    name: str,
    role: str,
    password: str,
    by: str,
    *,
    fresh: bool = True,
    subject: str | None = None,
) -> Account:
    """Add a person to the team; one who was removed comes back under the same name.

    Raises
    ------
    InputError
        The name, the role or the password may not be, or someone has a name that looks like it.
    """
    _check_role(role)
    name = names.check(name)
    if subject is None:
        passwords.check(password, name)
    kept = passwords.hashed(password) if password else ""
    values: dict[str, Any] = {
        **{"key": names.key(name), "name": name, "role": role, "password": kept},
        **{"fresh": fresh, "subject": subject, "active": True},
    }
    with writing(engine) as connection:
        if subject and (known := _find(connection, people.c.subject == subject)):
            return known
        before = _find(connection, people.c.key == values["key"])
        if before and (before.active or subject):
            raise InputError(_("“%(name)s” is in the team already.", name=before.name))
        if before and before.name != name:
            raise InputError(_("The name “%(name)s” was that of another person.", name=before.name))
        if before:
            values["subject"] = before.subject
            change = people.update().where(people.c.number == before.number)
            connection.execute(change.values(values))
        else:
            connection.execute(people.insert().values(**values, added=time.time()))
        note(connection, by, "team back" if before else "team add", f"{name}: {role}")
        account = _find(connection, people.c.key == values["key"])
    assert account is not None
    return account


def set_role(engine: Engine, account: Account, role: str, by: str) -> None:
    """Let a person have another role.

    Raises
    ------
    InputError
        The role is unknown, or the team would have no keeper.
    """
    _check_role(role)
    with writing(engine) as connection:
        if role != KEEPER:
            _leave_a_keeper(connection, account)
        change = people.update().where(people.c.number == account.number)
        connection.execute(change.values(role=role))
        note(connection, by, "team role", f"{account.name}: {role}")


def remove(engine: Engine, account: Account, by: str) -> None:
    """Take a person out of the team, with their sessions and access tokens; what they have brought
    stays, and so does their name in the log.

    Raises
    ------
    InputError
        The team would have no keeper.
    """
    with writing(engine) as connection:
        _leave_a_keeper(connection, account)
        change = people.update().where(people.c.number == account.number)
        connection.execute(change.values(active=False, password=""))
        for table in (sessions, tokens):
            connection.execute(table.delete().where(table.c.person == account.number))
        note(connection, by, "team remove", account.name)


def set_password(
    engine: Engine, account: Account, password: str, by: str, *, fresh: bool, keep: int = 0
) -> None:
    """Let a person have another password, which ends all sessions but the one to keep.

    Raises
    ------
    InputError
        The password may not be.
    """
    passwords.check(password, account.name)
    kept = passwords.hashed(password)
    with writing(engine) as connection:
        change = people.update().where(people.c.number == account.number)
        connection.execute(change.values(password=kept, fresh=fresh))
        others = sessions.c.person == account.number, sessions.c.number != keep
        connection.execute(sessions.delete().where(*others))
        note(connection, by, "team password", account.name)


def renew_hash(engine: Engine, account: Account, password: str) -> None:
    """Keep a password with the parameters that new ones have."""
    kept = passwords.hashed(password)
    same = people.c.number == account.number, people.c.password == account.password
    with writing(engine) as connection:
        connection.execute(people.update().where(*same).values(password=kept))


def of_subject(engine: Engine, subject: str, wanted: str) -> Account | None:
    """Find the person whom another service knows, or add them as a viewer; None for one who was
    removed.

    Parameters
    ----------
    wanted
        What the service calls them; another name is found where it may not be or is taken.
    """
    with reading(engine) as connection:
        account = _find(connection, people.c.subject == subject)
    if account is not None:
        return account if account.active else None
    for name in _possible(wanted, subject):
        try:
            return add(engine, name, ROLES[0], "", name, fresh=False, subject=subject)
        except InputError:
            continue
    raise InputError(_("No name could be found for you; ask a keeper of the team."))


def _possible(wanted: str, subject: str) -> list[str]:
    import hashlib

    mark = hashlib.sha256(subject.encode()).hexdigest()[:8]
    kept = names.tidy(wanted)[: names.LONGEST - 9]
    return [wanted, *(f"{kept} {number}" for number in range(2, 10)), f"person {mark}"]


def _find(connection: Connection, *where: Any) -> Account | None:
    row = connection.execute(sa.select(people).where(*where)).one_or_none()
    return Account(**row._mapping) if row else None


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InputError(
            _("“%(role)s” is not a role; roles are %(roles)s.", role=role, roles=", ".join(ROLES))
        )


def _leave_a_keeper(connection: Connection, account: Account) -> None:
    """Refuse to take away the last keeper; two who do so at once wait for each other."""
    keepers = sa.select(people.c.number).where(people.c.active, people.c.role == KEEPER)
    numbers = set(connection.execute(keepers.with_for_update()).scalars())
    if numbers == {account.number}:
        raise InputError(_("The team would have no keeper: make someone else a keeper first."))
