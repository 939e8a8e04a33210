"""The command line: each command is one call of the library, printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo import __version__
from geo.errors import AtlasError
from webapp import catalogues, i18n
from webapp.cli import exchange, explore, releases, serving
from webapp.cli.options import Context
from webapp.cli.roads import roads
from webapp.cli.team import team
from webapp.cli.trips import trip


class Commands(click.Group):
    """A group that prints what went wrong as a sentence and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        language = catalogues.LANGUAGES.get(ctx.params.get("lang") or "")
        with i18n.speaking(language or catalogues.of_environment()):
            try:
                return super().invoke(ctx)
            except AtlasError as error:
                click.echo(f"zoneatlas: {error.said_in(i18n.gettext)}", err=True)
                ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zoneatlas")
@click.option(
    "--data",
    metavar="DIR",
    envvar="ZONEATLAS_DATA",
    help="Data package to use. Default: the one that comes with Zone Atlas.",
)
@click.option(
    "--lang",
    type=click.Choice(list(catalogues.LANGUAGES)),
    help="Language of messages. Default: that of LC_ALL, LC_MESSAGES or LANG, else English.",
)
@click.pass_context
def main(ctx: click.Context, data: str | None, lang: str | None) -> None:  # noqa: ARG001
    """Explore industrial zones, border gates and transport corridors."""
    from geo import layers
    from geo.roads import default_network
    from webapp import settings

    default_network.assume(settings.home())
    ctx.call_on_close(lambda: default_network.assume(None))
    ctx.obj = Context(Path(data).resolve() if data else layers.bundled(), data)


for commands in (explore, exchange, releases, serving):
    for command in commands.COMMANDS:
        main.add_command(command)
main.add_command(roads)
main.add_command(team)
main.add_command(trip)


if __name__ == "__main__":
    main()
