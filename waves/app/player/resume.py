"""Resumes the last session: reads its state, checks that it fits, and composes its text."""

from __future__ import annotations

from waves.app.player.options import PlayOptions
from waves.app.terminal.messages import show_problems
from waves.engine.runtime.snapshot import Snapshot
from waves.live.history.resume_state import read_state
from waves.live.kept.kept_files import find_kept
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import substitute_texts
from waves.problem import Problem, Problems


def restore_saved_state(options: PlayOptions) -> Snapshot | None:
    """The saved state, None if there is none that can be read; then the reason is printed."""
    root = find_workspace(options.folder).root
    try:
        state = read_state(find_kept(root))
    except Problems as found:
        show_problems(found.problems)
        return None
    if is_trusted(root):
        substitute_texts(state.about.get("substitutes", {}))
    return state


def usable(state: Snapshot, options: PlayOptions, rate: float) -> Snapshot | None:
    """The saved state if it fits rate and sounds, else None; then the reason is printed."""
    if state.about["rate"] != rate:
        rates = f"the last session was at {state.about['rate']:g} Hz, this one is at {rate:g} Hz"
        show_problems([Problem(f"{rates}: the piece starts from the beginning")])
        return None
    if options.sounds and options.sounds != [name for name, _ in sounds_of(state)]:
        show_problems([Problem("the last session played other sounds: the piece starts from the beginning")])
        return None
    return state


def is_older(state: Snapshot, composer: Composer) -> bool:
    """Whether files were saved after the state."""
    try:
        return bool(composer.file_texts() != (state.about["file_texts"] or state.about["texts"]))
    except OSError:
        return True  # the build says what is wrong


def plays_mended(session: Session) -> bool:
    """Forget nodes that hung, where their files were mended since; whether the files are to play again."""
    archive = session.archive
    if archive is None:
        return False
    chosen = archive.chosen
    archive.node_files_changed(archive.state.mended_files(session.composer.library))
    return archive.chosen != chosen


def sounds_of(state: Snapshot) -> Sounds:
    """The sounds that a saved session played."""
    return [(name, given) for name, given in state.about["sounds"]]


def compose(
    composer: Composer, sounds: Sounds, state: Snapshot | None, strict: bool
) -> tuple[Composition, Snapshot | None]:
    """The saved text with its state. If that cannot be played: the files without a state, or Problems if `strict`."""
    if state:
        try:
            composition = composer.compose(sounds, given=state.about["texts"])
            state.check(composition.graph)
            return composition, state
        except Problems as found:
            if strict:
                raise
            show_problems(found.problems)
            show_problems(
                [Problem("what the last session played can no longer be played: the piece starts from the beginning")]
            )
    composer.moved, composer.switches = {}, {}
    return composer.compose(sounds), None
