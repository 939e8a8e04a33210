"""The commands that keep the people of a team, on the machine of its server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from geo.errors import InputError
from webapp.i18n import gettext
from webapp.team.roles import ROLES

if TYPE_CHECKING:
    from sqlalchemy import Engine

MOST_LINES = 100


@click.group()
def team() -> None:
    """Keep the people of a team: who may sign in to “zoneatlas serve --team”, and what they may."""


def store() -> Engine:
    """Open the database of the settings, with its tables."""
    from webapp import settings
    from webapp.team import tables

    engine = tables.opened(settings.resolve())
    tables.prepare(engine)
    return engine


def _password() -> str:
    """Ask for a password twice; where nobody types, read it from the first line."""
    if sys.stdin.isatty():
        return str(
            click.prompt(
                gettext("Password"),
                hide_input=True,
                confirmation_prompt=gettext("The same again"),
            )
        )
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InputError(gettext("The password is expected as the first line of the input."))
    return password


_role = click.Choice(ROLES)


@team.command()
@click.argument("name")
@click.option(
    "--role",
    type=_role,
    default=ROLES[0],
    show_default=True,
    help="Each may what those before may: read, bring, decide and release, keep the team.",
)
def add(name: str, role: str) -> None:
    """Add the person NAME; the password is asked for twice, or read from the input."""
    from webapp.team import accounts, names, system

    names.check(name)
    account = accounts.add(store(), name, role, _password(), system.command_line(), fresh=False)
    click.echo(
        gettext("%(name)s is in the team as %(role)s.", name=account.name, role=account.role)
    )


@team.command("list")
def list_() -> None:
    """List the people of the team with their roles."""
    from webapp.team import accounts

    people = accounts.every(store())
    if not people:
        click.echo(nobody_yet(), err=True)
    width = max((len(each.name) for each in people), default=0)
    for each in people:
        click.echo(f"{each.name:{width}}  {each.role}")


@team.command()
@click.argument("name")
@click.argument("role", type=_role)
def role(name: str, role: str) -> None:
    """Let the person NAME have another ROLE."""
    from webapp.team import accounts, system

    engine = store()
    accounts.set_role(engine, accounts.named(engine, name), role, system.command_line())


@team.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take the person NAME out of the team; what they have brought stays."""
    from webapp.team import accounts, system

    engine = store()
    accounts.remove(engine, accounts.named(engine, name), system.command_line())


@team.command()
@click.argument("name")
def password(name: str) -> None:
    """Let the person NAME have another password, which ends their sessions."""
    from webapp.team import accounts, system

    engine = store()
    account = accounts.named(engine, name)
    accounts.set_password(engine, account, _password(), system.command_line(), fresh=False)


@team.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End all sessions of the person NAME."""
    from webapp.team import accounts, sessions, system

    engine = store()
    count = sessions.end(engine, accounts.named(engine, name), system.command_line())
    click.echo(gettext("%(n)s sessions have ended.", n=count))


@team.command()
@click.option("--most", default=MOST_LINES, show_default=True, type=click.IntRange(1))
def log(most: int) -> None:
    """Print who did what, the newest last."""
    from webapp.team import tables, words

    for line in reversed(tables.lines(store(), most)):
        click.echo(f"{line.at}  {line.who or '–'}  {words.act(line.act)}  {line.subject}")


def nobody_yet() -> str:
    """Return how a team begins."""
    return gettext(
        "The team has no people yet: add the first with “zoneatlas team add NAME --role keeper”."
    )
