"""The command line: arguments in, one call into `app` out, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from waves.app.exit_codes import Exit, end_by_signals
from waves.app.terminal.messages import show_notices, show_problems
from waves.cli.piece import adopt, check, history, keep, listing, nodes, play, render, replay, status, tap, try_node
from waves.cli.setup import bundle, demo, devices, doctor, new, pack, trust, warm
from waves.problem import EndedBySignal, Problems

MAKES_FOLDERS = ("new", "demo", "trust")  # their folder is an argument

app = typer.Typer(
    name="waves",
    help="A synthesizer that you play by editing a text file: each save of waves.yaml takes effect immediately.",
    add_completion=False,
    no_args_is_help=True,
    invoke_without_command=True,
    rich_markup_mode=None,  # help is plain text: brackets in it are brackets
    pretty_exceptions_enable=False,
)
app.command("play", help=play.HELP, cls=play.PlayCommand)(play.play)
app.command("render")(render.render)
app.command("replay")(replay.replay)
app.command("keep")(keep.keep)
app.add_typer(history.history, name="history")
app.command("adopt")(adopt.adopt)
app.command("status")(status.status)
app.command("check")(check.check)
app.command("list")(listing.list_sounds)
app.command("nodes")(nodes.nodes)
app.command("try")(try_node.try_node)
app.command("ids")(listing.ids)
app.command("tap")(tap.tap)
app.command("devices")(devices.devices)
app.command("doctor")(doctor.doctor)
app.command("new")(new.new)
app.add_typer(pack.pack, name="pack")
app.command("bundle")(bundle.bundle)
app.command("demo")(demo.demo)
app.command("warm")(warm.warm)
app.command("trust")(trust.trust)


@app.callback()
def program(
    version: Annotated[bool, typer.Option("--version", help="The version of waves, and nothing else.")] = False,
) -> None:
    """A synthesizer that you play by editing a text file: each save of waves.yaml takes effect immediately."""
    if version:
        from waves.version import __version__

        typer.echo(f"waves {__version__}")
        raise typer.Exit


def usage_hints(arguments: Sequence[str]) -> list[str]:
    """Sentences on what the arguments of a refused command may mean: the folder of a piece, the volume."""
    hints = []
    options = {argument.partition("=")[0] for argument in arguments if argument.startswith("-")}
    if arguments and arguments[0] not in MAKES_FOLDERS and "--dir" not in options:
        folders = [one for one in arguments[1:] if not one.startswith("-") and (Path(one) / "waves.yaml").is_file()]
        hints += [f"the piece in the folder '{one}' is chosen with `--dir {one}`" for one in folders[:1]]
        files = [Path(one) for one in arguments[1:] if not one.startswith("-") and one.endswith((".yaml", ".yml"))]
        for file in files[:1]:
            way = f"with `--dir {file.parent}`" if file.parent != Path() else "without an argument in its folder"
            hints.append(f"a piece is a folder, and its file is waves.yaml: choose it {way}")
    if options & {"--volume", "--gain"}:
        hints.append("the volume: the keys - and + while it plays, or `volume` of a `track` in waves.yaml")
    return hints


def main() -> None:
    """Run the command line, and end the process with an exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    end_by_signals()
    try:
        app()
    except SystemExit as ended:
        if ended.code == Exit.USAGE:
            show_notices(usage_hints(sys.argv[1:]))
        raise
    except EndedBySignal as ended:
        sys.exit(Exit.of_signal(ended.number))
    except Problems as found:
        show_problems(found.problems)
        show_notices(usage_hints(sys.argv[1:]))
        sys.exit(Exit.of(found))
    except Exception:
        import traceback

        traceback.print_exc()
        print("this is a defect of waves: please report it with the lines above", file=sys.stderr)
        sys.exit(Exit.DEFECT)
