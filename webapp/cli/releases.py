"""The commands of the exchange between two sides: statements, decisions, releases, feeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geo.errors import NotFoundError
from geo.schema.provenance import VERDICTS
from webapp import i18n
from webapp.cli.options import Context, person
from webapp.i18n import gettext

if TYPE_CHECKING:
    from geo.exchange.book import Book
    from geo.exchange.claims import Statement

_who = click.option("--who", help="Who does this. Default: your name on this machine.")


def _book(context: Context) -> Book:
    book = context.book
    if book is None:
        raise NotFoundError(
            gettext("Nothing was stated yet; “zoneatlas bring FILE --keep stated” begins.")
        )
    return book


@click.command()
@click.argument("where", default="", metavar="[LAYER[/ID]]")
@click.option("--open", "only_open", is_flag=True, help="Only values on which sides differ.")
@click.pass_obj
def statements(context: Context, where: str, only_open: bool) -> None:
    """List what is stated of values, the statement first that counts."""
    from geo.exchange import releases, standing

    following = releases.standing_of(_book(context), context.data)
    layer, _, row_id = where.partition("/")
    for key, entries in sorted(following.values.items()):
        if (layer and key[0] != layer) or (row_id and key[1] != row_id):
            continue
        if only_open and not standing.is_disputed(key, entries):
            continue
        click.echo("/".join(key))
        for place, entry in enumerate(entries):
            click.echo(f"  {'→' if place == 0 and entry.counts else ' '} {_line(entry)}")


def _line(entry: Statement) -> str:
    claim = entry.claim
    accuracy = "" if claim.accuracy is None else f" ± {claim.accuracy:g}"
    known = ", ".join(filter(None, (claim.source_kind, claim.as_of, claim.source)))
    because = ", ".join(filter(None, (entry.who, entry.reason)))
    state = "" if entry.state == "stated" else f" [{entry.state}: {because}]"
    return f"{claim.id}  {claim.value or '–'}{accuracy}  {claim.party} ({known}){state}"


@click.command()
@click.argument("verdict", type=click.Choice(list(VERDICTS)))
@click.argument("identifiers", nargs=-1, required=True, metavar="STATEMENT...")
@click.option("--reason", default="", help="Why; a refusal needs it.")
@_who
@click.pass_obj
def decide(
    context: Context, verdict: str, identifiers: tuple[str, ...], reason: str, who: str | None
) -> None:
    """Accept or refuse statements, or withdraw such a decision."""
    _book(context).decide(identifiers, VERDICTS[verdict], reason=reason, who=person(who))
    click.echo(gettext("Decided. The layers change with the next release."))


@click.command(name="release")
@click.argument("title")
@click.option("--party", help="Whose release it is. Default: ZONEATLAS_PARTY.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder in which the release is put, too, with its signature.",
)
@click.option("--unsigned", is_flag=True, help="Do not sign, although there is a key.")
@_who
@click.pass_obj
def make_release(
    context: Context,
    title: str,
    party: str | None,
    output: Path | None,
    unsigned: bool,
    who: str | None,
) -> None:
    """Freeze the layers as they follow from all statements: the next release, called TITLE."""
    from geo.exchange import releases, signing

    home = context.config["HOME"]
    key = None if unsigned or not (home / signing.FILE).is_file() else signing.read(home)
    frozen = releases.release(
        _book(context),
        context.data,
        home,
        title=title,
        party=party or context.config["PARTY"],
        who=person(who),
        key=key,
    )
    content = releases.content(_book(context), frozen.number)
    if output:
        releases.put(output, frozen, content)
    click.echo(releases.words_of(content))
    click.echo(
        gettext(
            "Release %(number)s, %(signed)s, SHA-256 %(sum)s",
            number=frozen.number,
            signed=gettext("signed") if frozen.signature else gettext("not signed"),
            sum=frozen.checksum,
        )
    )


@click.command(name="releases")
@click.pass_obj
def list_releases(context: Context) -> None:
    """List the releases."""
    from geo.exchange import releases

    for entry in releases.every(_book(context)):
        signed = gettext("signed") if entry.signature else gettext("not signed")
        click.echo(f"{entry.number}  {entry.at}  {entry.who}  {entry.title}  ({signed})")


@click.command()
@click.argument("old", type=click.IntRange(0))
@click.argument("new", type=click.IntRange(0))
@click.option(
    "--format",
    "format_id",
    default="text",
    show_default=True,
    help="text, or a format of export such as geojson or csv.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def compare(context: Context, old: int, new: int, format_id: str, output: Path | None) -> None:
    """Show what differs between the releases OLD and NEW; 0 is the data package itself."""
    from geo import export
    from geo.exchange import changes, releases

    differences = releases.compare(_book(context), context.data, old, new)
    if format_id == "text":
        data = ("\n".join(changes.words(differences)) + "\n").encode()
    else:
        data = export.write(
            changes.frame(differences), format_id, releases.about(context.data, old, new)
        )
    if output:
        output.write_bytes(data)
    else:
        click.echo(data, nl=False)


@click.group()
def feed() -> None:
    """Subscribe to the releases of another side."""


@feed.command(name="add")
@click.argument("name")
@click.argument("address", metavar="URL|FOLDER|FILE")
@click.option("--party", required=True, help="Whose releases they are.")
@click.option("--key", default="", help="Public key of that side, or the file that holds it.")
@click.option("--layer", default="parks", show_default=True, help="What a plain file holds.")
@_who
@click.pass_obj
def add_feed(
    context: Context, name: str, address: str, party: str, key: str, layer: str, who: str | None
) -> None:
    """Add the feed NAME."""
    from geo.exchange import feeds, fetching

    if key and Path(key).is_file():
        key = Path(key).read_text(encoding="utf-8", errors="replace")
    if not fetching.is_web(address):
        address = str(Path(address).expanduser().resolve())
    feeds.add(context.new_book, name, address, party=party, key=key, layer=layer, who=person(who))
    click.echo(gettext("Added. “zoneatlas feed take %(name)s” takes what it offers.", name=name))


@feed.command(name="take")
@click.argument("names", nargs=-1)
@_who
@click.pass_obj
def take_feed(context: Context, names: tuple[str, ...], who: str | None) -> None:
    """Take what feeds offer now as statements of their sides; all feeds where none is named."""
    from geo.exchange import feeds

    book = _book(context)
    for name in names or tuple(entry.name for entry in feeds.every(book) if entry.active):
        taken = feeds.take(book, context.data, name, person(who))
        for notice in taken.notices:
            click.echo(f"{name}: {i18n.said(notice)}")
        click.echo(
            gettext(
                "%(name)s: %(new)s new statements, %(known)s known ones, %(doubtful)s wait for a"
                " decision.",
                name=name,
                new=taken.new,
                known=taken.known,
                doubtful=taken.doubtful,
            )
        )


@feed.command(name="list")
@click.pass_obj
def list_feeds(context: Context) -> None:
    """List the feeds."""
    from geo.exchange import feeds

    for entry in feeds.every(_book(context)):
        signed = gettext("signed") if entry.key else gettext("not signed")
        click.echo(f"{entry.name}  {entry.party}  {entry.address}  ({signed})")


@click.command(name="key")
@click.pass_obj
def make_key(context: Context) -> None:
    """Make the key that signs the releases of this side, and print its public half."""
    from geo.exchange import signing

    home = context.config["HOME"]
    there = (home / signing.FILE).is_file()
    pair = signing.read(home) if there else signing.make(home)
    click.echo(pair.public)


COMMANDS: tuple[click.Command, ...] = (
    statements,
    decide,
    make_release,
    list_releases,
    compare,
    feed,
    make_key,
)
