"""The file of a bundle: a ZIP archive without compression, whose first file lists the others with their digests.

The same files give the same bytes: names are sorted, and nothing in it tells of a time, a user or a computer. One that
is read may come from anybody. So it must be written exactly in this form; nothing is unpacked that is not in the list,
and nothing counts before the last digest fits.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waves.audio.sample_loader import SUFFIXES
from waves.language.model.harmony.tunings import SCALA
from waves.node import DataFile
from waves.problem import Problem, Problems, reason_of
from waves.version import SOUND, __version__

ENDING = ".waves"
LIST = "bundle.json"
"""Name of the file that lists the others."""
MOST_FILES = 10_000
MOST_BYTES = 1_000_000_000  # of all files together
LARGEST_LIST = 4_000_000  # bytes
LONGEST_NAME, LONGEST_PART = 400, 200  # characters; bytes
CHUNK = 1 << 20  # bytes
DAY = (1980, 1, 1, 0, 0, 0)  # the first one that a ZIP archive can tell

PLAIN = {".yaml", ".py", ".json", SCALA, *SUFFIXES, *DataFile.suffixes}
"""Endings of the files of a piece."""
LICENCE = re.compile(r"(licen[cs]es?|copying|copyright|notice|credits|attribution)([-_.].{0,40})?", re.IGNORECASE)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names of devices on Windows
TEXTS = {"", ".txt", ".md", ".rst"}  # endings of licences

END = struct.Struct("<4s4H2IH")  # the record at the end of an archive
END_MARK, END_MARK_64 = b"PK\5\6", b"PK\6\7"
LISTED = 46 + LONGEST_NAME * 4  # bytes of one file in the directory of an archive, at most


class FileRecord(BaseModel):
    """One file of a bundle."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    bytes: Annotated[int, Field(ge=0, le=MOST_BYTES)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class BundleList(BaseModel):
    """The list in a bundle: its files, and the sounds that it plays."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Literal[1] = 1
    program: Annotated[str, Field(max_length=40)] = f"waves {__version__}"
    sound: Annotated[int, Field(ge=1)] = SOUND
    play: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=100)]
    licences: Annotated[list[str], Field(max_length=MOST_FILES)]
    files: Annotated[dict[str, FileRecord], Field(max_length=MOST_FILES)]


def fault_of_name(name: str) -> str:
    """The reason that a name cannot be that of a file in a bundle, as the end of a sentence; empty if it can."""
    path = PurePosixPath(name)
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or set(name) & set('\\:*?"<>|'):
        return "its name is too long, or has a sign that some systems do not allow"
    if name != path.as_posix() or path.is_absolute() or any(part.startswith(".") for part in path.parts):
        return "its path leads elsewhere, or is hidden"
    if any(len(part.encode()) > LONGEST_PART for part in path.parts):
        return "its name is too long"
    if any(part.endswith((" ", ".")) or RESERVED.fullmatch(part) for part in path.parts):
        return "some systems do not allow this name"
    ending = path.suffix.lower()
    if ending not in PLAIN and not is_licence(name):
        return "it is no file of a piece"
    return ""


def is_licence(name: str) -> bool:
    """Whether a file says by its name under which terms others may be used."""
    path = PurePosixPath(name)
    return path.suffix.lower() in TEXTS and LICENCE.fullmatch(path.name) is not None


def write_bundle(stream: IO[bytes], files: Mapping[str, bytes], play: Sequence[str]) -> None:
    """Write the files, each under its name, as a bundle that plays some sounds. Raises Problems, and OSError."""
    check_names(files)
    if (size := sum(map(len, files.values()))) > MOST_BYTES:
        raise Problems(Problem(f"the files have {size / 1e6:.0f} MB, more than {MOST_BYTES / 1e6:.0f}"))
    records = {
        name: FileRecord(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in sorted(files.items())
    }
    about = BundleList(play=list(play), licences=[*filter(is_licence, records)], files=records)
    listed = about.model_dump_json(indent=1).encode()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in ((LIST, listed), *((name, files[name]) for name in records)):
            info = zipfile.ZipInfo(name, DAY)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, data)


def check_names(names: Mapping[str, Any]) -> None:
    """Check names of files, which may also not differ in upper and lower case alone. Raises Problems."""
    if len(names) > MOST_FILES:
        raise Problems(Problem(f"there are {len(names)} files, more than {MOST_FILES}"))
    known: dict[str, str] = {LIST: LIST}
    for name in names:
        if fault := fault_of_name(name):
            raise Problems(Problem(f"the file '{name[:LONGEST_NAME]}' cannot be in a bundle: {fault}"))
        path = PurePosixPath(name)
        for one in (path, *path.parents[:-1]):
            if known.setdefault(str(one).casefold(), str(one)) != str(one):
                raise Problems(Problem(f"'{name}' and '{known[str(one).casefold()]}' are one file on some systems"))
    for name in names:
        if any(str(folder) in names for folder in PurePosixPath(name).parents):
            raise Problems(Problem(f"'{name}' lies in a file"))


class Bundle:
    """A bundle that is open: its list, as `about` and as the bytes `listed`."""

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self._path, self._archive = path, archive
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if not names or names[0] != LIST or infos[0].file_size > LARGEST_LIST:
            raise ValueError("it has no list of its files")
        for info in infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or kind not in (0, stat.S_IFREG):
                raise ValueError(f"'{info.orig_filename[:LONGEST_NAME]}' is a link, compressed or encrypted")
        self.listed = archive.read(infos[0])
        try:
            self.about = BundleList.model_validate_json(self.listed)
        except ValidationError as error:
            first = error.errors()[0]
            if first["loc"] == ("format",):
                raise ValueError("it was made by a later version of waves") from None
            raise ValueError("its list of files cannot be read") from None
        if names[1:] != list(self.about.files):
            raise ValueError("its list and its files differ")
        check_names(self.about.files)

    def unpack(self, folder: Path) -> None:
        """Write all files into a folder, which is empty. Raises Problems, and then only a part of them is there."""
        left = MOST_BYTES
        with no_bundle(self._path):
            for name, record in self.about.files.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                digest, size = hashlib.sha256(), 0
                with self._archive.open(name) as source, target.open("xb") as written:
                    while data := source.read(min(CHUNK, left + 1)):
                        size, left = size + len(data), left - len(data)
                        if size > record.bytes or left < 0:
                            raise ValueError(f"'{name}' is larger than its list says, or all files together too large")
                        digest.update(data)
                        written.write(data)
                    written.flush()
                    os.fsync(written.fileno())
                if size != record.bytes or digest.hexdigest() != record.sha256:
                    raise ValueError(f"'{name}' is damaged")
            with (folder / LIST).open("xb") as written:
                written.write(self.listed)
                written.flush()
                os.fsync(written.fileno())


@contextmanager
def opened_file(path: Path) -> Iterator[Bundle]:
    """A bundle, open. Raises Problems for a file that is none."""
    with ExitStack() as stack:
        with no_bundle(path):
            if not stat.S_ISREG(path.stat().st_mode):
                raise ValueError("it is not a file")
            stream = stack.enter_context(path.open("rb"))
            _check_end(stream)
            bundle = Bundle(path, stack.enter_context(zipfile.ZipFile(stream)))
        yield bundle


def _check_end(stream: IO[bytes]) -> None:
    """Look at the end of an archive before it is read, as the size of its directory decides how much memory that takes.

    Raises ValueError, and OSError.
    """
    size_of_file = os.fstat(stream.fileno()).st_size
    if size_of_file > MOST_BYTES + LARGEST_LIST + (MOST_FILES + 1) * 2 * LISTED:
        raise ValueError(f"it is larger than {MOST_BYTES / 1e6:.0f} MB")
    tail = END.size + 20  # a record of larger archives stands before the last one
    stream.seek(max(size_of_file - tail, 0))
    data = stream.read(tail)
    last = data[-END.size :]
    if len(last) < END.size or last[:4] != END_MARK or data.startswith(END_MARK_64):
        raise ValueError("it does not end as a bundle does")
    _, _, _, here, count, size, _, comment = END.unpack(last)
    if here != count or count > MOST_FILES + 1 or size > count * LISTED or comment:
        raise ValueError("it does not end as a bundle does")
    stream.seek(0)


@contextmanager
def no_bundle(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a bundle into Problems with the name of the file."""
    try:
        yield
    except Problems as error:
        raise Problems(Problem(f"'{path}' cannot be opened: {error.problems[0].sentence}")) from None
    except OSError as error:
        name = f"'{error.filename}'" if error.filename and Path(error.filename) != path else "it"
        reason = reason_of(error)
        what = reason if name == "it" else f"{name}: {reason}"
        raise Problems(Problem(f"'{path}' cannot be opened: {what}")) from None
    except ValueError as error:
        raise Problems(Problem(f"'{path}' is no bundle that can be opened: {error}")) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, struct.error, LookupError):
        raise Problems(Problem(f"'{path}' is no bundle, or it is damaged")) from None
