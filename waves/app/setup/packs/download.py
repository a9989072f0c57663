"""Downloads: an address in, a file in the user's cache out. One that was interrupted goes on where it ended."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from platformdirs import user_cache_path

from waves.language.model.sound_arguments import UsageProblem
from waves.private_folder import make_private
from waves.problem import Problem, Problems, reason_of

if sys.platform != "win32":  # where nothing is locked
    import fcntl

HTTPS = ("https",)
WAIT = 30.0  # s for the next bytes
PIECE = 1 << 16  # bytes at a time
MB = 1_000_000
PARTIAL, UNSATISFIABLE = 206, 416
RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")

Progress = Callable[[int, int], object]
"""Takes the bytes that are there and those of the whole file, 0 where these are not known."""


def downloads() -> Path:
    """The folder of downloads of this user."""
    return user_cache_path("waves-live") / "downloads"


@contextmanager
def downloaded(
    address: str, most: int, progress: Progress, folder: Path | None = None, schemes: Sequence[str] = HTTPS
) -> Iterator[Path]:
    """The file at an address, deleted when the block has ended, but not for a UsageProblem: the next command has it.

    `most`: bytes that it may have. Only `schemes` are followed, also where the address leads on. Raises Problems, and
    UsageProblem for the address.
    """
    _check(address, schemes)
    folder = folder or downloads()
    if reason := make_private(folder):
        raise Problems(Problem(f"'{folder}' cannot be used for downloads: {reason}"))
    path = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.part"
    about = path.with_suffix(".json")
    try:
        with path.open("ab") as file:
            _lock(file, address)
            _fetch(address, file, about, most, progress, schemes)
            keeps = False
            try:
                yield path
            except UsageProblem:
                keeps = True
                raise
            finally:
                if not keeps:
                    _forget(path, about)
    except OSError as error:
        raise Problems(Problem(f"'{address}' cannot be fetched: {_reason(error)}")) from None


def is_address(text: str) -> bool:
    """Whether a text is meant as an address, and not as a path."""
    return bool(re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", text))


def _check(address: str, schemes: Sequence[str]) -> None:
    """Raises UsageProblem for an address that cannot be used."""
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and address.isascii() and address.isprintable() and " " not in address
    except ValueError:
        is_whole = False
    if not is_whole:
        raise UsageProblem(f"'{address}' is no address")
    if parts.scheme.lower() not in schemes:
        raise UsageProblem(f"'{address}': only https is fetched")
    if parts.username or parts.password:
        raise UsageProblem("an address with a name and a password is not fetched")


def _lock(file: IO[bytes], address: str) -> None:
    """Let no other program write to the file. Raises Problems when one does."""
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Problems(Problem(f"'{address}' is being fetched by another program")) from None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows an address to another one of the same schemes."""

    def __init__(self, schemes: Sequence[str]):
        self.schemes = schemes

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """The request for the next address. Raises Problems for another scheme."""
        if urlsplit(newurl).scheme.lower() not in self.schemes:
            raise Problems(Problem(f"'{req.full_url}' leads to '{newurl}': only https is fetched"))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(schemes: Sequence[str]) -> urllib.request.OpenerDirector:
    """An opener that knows nothing but these schemes."""
    opener = urllib.request.OpenerDirector()
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPSHandler(),
        _Redirects(schemes),
    ]
    if "http" in schemes:
        handlers.append(urllib.request.HTTPHandler())
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _fetch(address: str, file: IO[bytes], about: Path, most: int, progress: Progress, schemes: Sequence[str]) -> None:
    """Write the rest of the file, or all of it when the server cannot go on, or has another one now."""
    there, validator = file.tell(), _validator(about)
    headers = {"User-Agent": "waves", "Accept-Encoding": "identity"}
    if there and validator:
        headers |= {"Range": f"bytes={there}-", "If-Range": validator}
    else:
        there = 0
    try:
        answer = _opener(schemes).open(urllib.request.Request(address, headers=headers), timeout=WAIT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == UNSATISFIABLE and error.headers.get("Content-Range", "") == f"bytes */{there}":
            return  # all is there
        raise Problems(Problem(f"'{address}' cannot be fetched: the server says {error.code} {error.reason}")) from None
    except http.client.HTTPException as error:
        raise Problems(Problem(f"'{address}' cannot be fetched: {_reason(error)}")) from None
    with contextlib.closing(answer):
        match = RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not (answer.status == PARTIAL and match and int(match[1]) == there):
            if answer.status == PARTIAL:
                raise Problems(Problem(f"'{address}' cannot be fetched: the server sends another part than was asked"))
            there = 0
            file.truncate(0)
        length = answer.headers.get("Content-Length", "")
        size = int(match[2]) if match and there else int(length) if length.isdecimal() else 0
        _keep(about, answer.headers)
        _write(address, answer, file, there, size, most, progress)


def _write(address: str, answer: Any, file: IO[bytes], there: int, size: int, most: int, progress: Progress) -> None:
    """Write what a server sends, from the byte `there` on. Raises Problems for too much, and for too little."""
    try:
        while True:
            if max(size, there) > most:
                file.truncate(0)
                raise Problems(Problem(f"'{address}' has more than {most / MB:g} MB; `--most-mb` allows more"))
            progress(there, size)
            part = answer.read(PIECE)
            if not part:
                break
            file.write(part)
            there += len(part)
        broken = ""
    except (OSError, http.client.HTTPException) as error:
        broken = f": {_reason(error)}"
    file.flush()
    if broken or (size and there != size):
        so_far = f"{there / MB:.1f} of {size / MB:.1f} MB" if size else f"{there / MB:.1f} MB"
        raise Problems(Problem(f"the connection ended after {so_far}{broken}; the same command goes on from there"))


def _validator(about: Path) -> str:
    """Name that the server gave to the version of which a part is there; empty if it gave none that is sure."""
    with suppress(OSError, ValueError, AttributeError):
        text = str(json.loads(about.read_text("utf-8")).get("validator", ""))
        return text if text.isprintable() and text.isascii() else ""
    return ""


def _keep(about: Path, headers: Any) -> None:
    tag = headers.get("ETag", "")
    about.write_text(json.dumps({"validator": tag if tag.startswith('"') else ""}), "utf-8")


def _forget(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    """The reason of an error of the network in words."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        return _reason(reason)
    return (
        str(reason) if reason else "nothing was sent in time" if isinstance(error, TimeoutError) else reason_of(error)
    )
