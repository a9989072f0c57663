"""`waves list --samples`: the packs of samples of a piece, and all names of samples."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

from waves.app.json_documents import PackItem, SampleItem, SamplesDocument
from waves.app.terminal.messages import show_notices
from waves.app.terminal.tables import table
from waves.audio.sample_loader import SampleError, list_folder
from waves.language.expression.builtin_names import note_of_midi
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.samples.names import LICENCE, Samples, sample_names
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import Workspace

SHOWN = 16  # files of a name with their numbers; the others are counted


def show_samples(folder: Path, json: bool) -> None:
    """Print the packs and the names of samples as tables or as a JSON document. Raises Problems."""
    opened = open_workspace(folder)
    document = samples_of(opened.workspace, opened.settings)
    show_notices([*opened.notices, *document.problems])
    if json:
        print(document.model_dump_json(indent=2))
        return
    if document.packs:
        rows = [[one.name, _count(one.names, "name"), _files(one.files)] for one in document.packs]
        licences = [one.licence or "no licence" for one in document.packs]
        print("Packs:", table([[*row, last] for row, last in zip(rows, licences, strict=True)]), sep="\n")
    if document.samples:
        print(
            "Samples:", table([[one.name, _files(len(one.files)), _about(one)] for one in document.samples]), sep="\n"
        )
    else:
        print("there are no samples: folders of sound files in samples/ have names, and `waves pack add` adds some")


def samples_of(workspace: Workspace, settings: Settings) -> SamplesDocument:
    """All names of samples, those that play before those that they hide, and the folders that they came with."""
    names = sample_names(workspace, settings.SAMPLE_FOLDERS)
    items = [_item(one, names.first[one.name] is not one) for one in names.all]
    packs = []
    for pack in sorted({one.pack for one in items if one.pack}):
        own = [one for one in items if one.pack == pack]
        count = len({file for one in own for file in one.files})
        packs.append(PackItem(name=pack, names=len(own), files=count, licence=_licence(workspace.samples / pack)))
    samples = sorted(items, key=lambda one: (one.name, one.hidden))
    return SamplesDocument(packs=packs, samples=samples, problems=names.problems)


def _item(one: Samples, hidden: bool) -> SampleItem:
    """A name with its files, those of a folder as they are numbered."""
    files = one.paths
    if not one.files:
        with suppress(SampleError):
            files = {str(path): 0.0 for path in list_folder(one.folder)}
    pitches = [*files.values()] if any(files.values()) else []
    return SampleItem(name=one.name, pack=one.pack, files=[*files], pitches=pitches, hidden=hidden)


def _licence(folder: Path) -> str:
    """The name of the file of the licence in a folder; empty if there is none."""
    with suppress(OSError):
        return min((path.name for path in folder.iterdir() if LICENCE.fullmatch(path.name)), default="")
    return ""


def _about(one: SampleItem) -> str:
    """The pack of a name, its range or its files by number, and whether it plays."""
    low, high = (_note(one.pitches[0]), _note(one.pitches[-1])) if one.pitches else ("", "")
    words = [
        one.pack,
        low if low == high else f"{low} to {high}",
        "hidden: another one of this name plays" * one.hidden,
        *([] if one.pitches else [f"{number} {Path(file).name}" for number, file in enumerate(one.files[:SHOWN])]),
        "" if one.pitches or len(one.files) <= SHOWN else f"and {len(one.files) - SHOWN:,} more",
    ]
    return ", ".join(filter(None, words))


def _note(pitch: float) -> str:
    """The note that is nearest to a pitch in Hz."""
    return note_of_midi(round(69 + 12 * math.log2(pitch / 440)))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _files(number: int) -> str:
    return _count(number, "file")
