"""`waves pack add`: what is taken from folders, archives and addresses, what is refused; nothing is half there."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import re
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from waves.app.setup.packs import add
from waves.app.setup.packs.add import add_pack
from waves.app.setup.packs.list import SHOWN, show_samples
from waves.language.model.sound_arguments import UsageProblem
from waves.problem import Problems

LOOPBACK = ("https", "http")


def sound(value: float = 0.5) -> bytes:
    """The bytes of a WAV file."""
    file = io.BytesIO()
    soundfile.write(file, np.full(1000, value), 44100, format="WAV")
    return file.getvalue()


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """The bytes of an archive with entries of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def entry(name: str, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    """An entry of a kind of file, with a name as it is written."""
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    info.create_system, info.external_attr = 3, (kind | 0o644) << 16
    return info


KIT = zipped(
    ("kit-main/LICENSE", b"CC0 1.0 Universal\n\nNo rights reserved.\n"),
    ("kit-main/bd/1.wav", sound()),
    ("kit-main/bd/2.wav", sound()),
    ("kit-main/strudel.json", json.dumps({"_base": "https://e.org/", "boom": ["bd/2.wav"]}).encode()),
    ("kit-main/package.json", b"[]"),
    ("kit-main/run.py", b"print()"),
    ("__MACOSX/kit-main/bd/._1.wav", b"x"),
)


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {}}\n")
    return tmp_path


def names(piece: Path) -> list[str]:
    """The files below `samples/`."""
    samples = piece / "samples"
    return sorted(path.relative_to(samples).as_posix() for path in samples.rglob("*") if path.is_file())


def written(piece: Path, content: bytes, name: str = "kit.zip") -> str:
    (piece / name).write_bytes(content)
    return str(piece / name)


def test_the_list_says_which_number_is_which_file(piece, capsys):
    folder = piece.parent / "drums"
    folder.mkdir()
    for name in ["tick.wav", *(f"{number}.wav" for number in range(SHOWN))]:
        (folder / name).write_bytes(sound())
    add_pack(piece, str(folder))
    show_samples(piece, json=False)
    said = capsys.readouterr().out
    assert "0 0.wav, 1 1.wav" in said and f"{SHOWN - 1} {SHOWN - 1}.wav, and 1 more" in said


def test_an_archive_is_unpacked_without_its_outer_folder_and_its_licence_is_shown(piece, capsys):
    add_pack(piece, written(piece, KIT))
    assert names(piece) == ["kit-main/LICENSE", "kit-main/bd/1.wav", "kit-main/bd/2.wav", "kit-main/strudel.json"]
    said = capsys.readouterr().out
    assert re.search(r"added samples/kit-main: 2 files of sound, [1-9]\d* kB; 1 other files were left out", said)
    assert "licence, in samples/kit-main/LICENSE:\n    CC0 1.0 Universal\n    No rights reserved.\n" in said
    with pytest.raises(UsageProblem, match="there is a 'samples/kit-main' already"):
        add_pack(piece, written(piece, KIT))
    add_pack(piece, written(piece, zipped(("kit-main/a.wav", sound()))), force=True)
    assert names(piece) == ["kit-main/a.wav"]


def test_a_folder_is_copied_and_a_link_in_it_is_refused(piece, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drums")
    (folder / "bd").mkdir()
    (folder / "bd" / "1.wav").write_bytes(sound())
    (folder / "bd" / ".hidden.wav").write_bytes(sound())
    add_pack(piece, str(folder), name="mine")
    assert names(piece) == ["mine/bd/1.wav"]
    (folder / "passwords.wav").symlink_to("/etc/passwd")
    with pytest.raises(Problems, match="'passwords.wav' in the pack is a link"):
        add_pack(piece, str(folder), name="more")
    assert names(piece) == ["mine/bd/1.wav"] and os.listdir(piece / "samples") == ["mine"]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (entry("../x.wav"), "'../x.wav' in the pack leads out of its folder"),
        (entry("a/../../x.wav"), "leads out of its folder"),
        (entry("/tmp/x.wav"), "leads out of its folder"),
        (entry("..\\x.wav"), "leads out of its folder"),
        (entry("C:x.wav"), "leads out of its folder"),
        (entry("a//x.wav"), "leads out of its folder"),
        (entry("x.wav\0.txt"), "leads out of its folder|is no zip archive"),
        (entry("a\nb.wav"), "has letters that cannot be shown"),
        (entry("a" * 250 + ".wav"), "a name in the pack is too long"),
        (entry("link.wav", stat.S_IFLNK), "'link.wav' in the pack is a link"),
        (entry("tty.wav", stat.S_IFCHR), "'tty.wav' in the pack is a device"),
        (entry("pipe.txt", stat.S_IFIFO), "'pipe.txt' in the pack is a device"),
        (entry("BD/1.WAV"), "two files of the pack are called 'BD/1.WAV'"),
    ],
)
def test_an_archive_that_plays_tricks_is_refused_as_a_whole(piece, bad, sentence):
    with pytest.raises(Problems, match=sentence):
        add_pack(piece, written(piece, zipped(("bd/1.wav", sound()), (bad, sound()))))
    assert names(piece) == [] and not (piece.parent / "x.wav").exists()
    assert not (piece / "samples").exists() or os.listdir(piece / "samples") == []


def test_what_is_too_much_is_counted_while_it_is_unpacked(piece):
    big = bytearray(zipped(("a.wav", b"\0" * 3_000_000)))
    with pytest.raises(Problems, match="the pack has more than 1 MB; `--most-mb` allows more"):
        add_pack(piece, written(piece, bytes(big)), most_mb=1.0)
    many = zipped(*((f"{k}.wav", sound()) for k in range(4)))
    with pytest.raises(Problems, match="the pack has more than 3 files; `--most-files` allows more"):
        add_pack(piece, written(piece, many), most_files=3)
    assert names(piece) == []
    add_pack(piece, written(piece, many), most_files=4)
    assert len(names(piece)) == 4


def test_a_damaged_archive_leaves_nothing(piece):
    content = bytearray(zipped(("a.wav", sound()), ("b.wav", np.random.default_rng(1).bytes(5000))))
    content[3000] ^= 255
    for bad in (bytes(content), KIT[:-30], b"<html>"):
        with pytest.raises(Problems, match="is no zip archive that can be read"):
            add_pack(piece, written(piece, bad))
    with pytest.raises(Problems, match="there is no sound file in this pack"):
        add_pack(piece, written(piece, zipped(("readme.md", b"hello"))))
    assert names(piece) == []


@dataclass
class Site:
    """A server on loopback: what it has, what it was asked, and after how many bytes it breaks off."""

    files: dict[str, bytes] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    breaks: int = 0
    tag: str = '"1"'
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    about = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            about.asked.append((self.path, wanted))
            if self.path in about.leads:
                self.send_response(302)
                self.send_header("Location", about.leads[self.path])
                self.end_headers()
                return
            content = about.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            first = int(wanted[6:-1]) if wanted and self.headers["If-Range"] == about.tag else 0
            self.send_response(206 if first else 200)
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - first))
            self.send_header("ETag", about.tag)
            self.end_headers()
            self.wfile.write(content[first:][: about.breaks or None])

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    about.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield about
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(piece: Path, site: Site, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Adds the pack at a path of the site."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        for one in (name, name.upper()):
            monkeypatch.delenv(one, raising=False)
    cache = tmp_path_factory.mktemp("cache", numbered=True)
    cache.chmod(0o700)

    def run(path: str, **options: Any) -> None:
        add_pack(piece, site.address + path, cache=cache, schemes=LOOPBACK, **options)

    run.cache = cache
    return run


def test_an_address_is_fetched_also_where_it_leads_on_and_nothing_is_left_of_it(piece, site, fetch):
    site.files["/real/kit.zip"], site.leads["/kit.zip"] = KIT, "/real/kit.zip"
    fetch("/kit.zip")
    assert "kit-main/bd/1.wav" in names(piece)
    assert os.listdir(fetch.cache) == []


def test_a_download_that_broke_off_goes_on_where_it_ended(piece, site, fetch):
    site.files["/kit.zip"], site.breaks = KIT, 500
    with pytest.raises(
        Problems, match=r"the connection ended after 0.0 of 0.0 MB; the same command goes on from there"
    ):
        fetch("/kit.zip")
    assert names(piece) == []
    site.breaks = 0
    fetch("/kit.zip")
    assert [wanted for _, wanted in site.asked] == ["", "bytes=500-"]
    assert "kit-main/bd/1.wav" in names(piece)


def test_a_file_that_changed_meanwhile_is_fetched_anew(piece, site, fetch):
    site.files["/kit.zip"], site.breaks = b"x" * 3000, 500
    with contextlib.suppress(Problems):
        fetch("/kit.zip")
    site.files["/kit.zip"], site.breaks, site.tag = KIT, 0, '"2"'
    fetch("/kit.zip")
    assert "kit-main/bd/1.wav" in names(piece)


def test_what_cannot_be_fetched_is_told_and_never_by_another_scheme(piece, site, fetch):
    site.files["/big.zip"] = KIT
    site.leads |= {"/ftp": "ftp://127.0.0.1/x.zip", "/file": "file:///etc/passwd"}
    for path, sentence in (
        ("/none.zip", "cannot be fetched: the server says 404"),
        ("/ftp", "leads to 'ftp://127.0.0.1/x.zip': only https is fetched"),
        ("/file", "'file:///etc/passwd' is not allowed"),
    ):
        with pytest.raises(Problems, match=sentence):
            fetch(path)
    with pytest.raises(Problems, match="has more than 0.001 MB"):
        fetch("/big.zip", most_mb=0.001)
    count = len(site.asked)
    for address in (f"{site.address}/big.zip", "file:///etc/passwd", "https://a:b@127.0.0.1/x.zip", "https:///x.zip"):
        with pytest.raises(UsageProblem):
            add_pack(piece, address, cache=fetch.cache)
    assert len(site.asked) == count and names(piece) == []


def test_a_pack_whose_name_is_taken_is_not_fetched_twice(piece, site, fetch):
    site.files["/kit.zip"] = KIT
    (piece / "samples" / "kit-main").mkdir(parents=True)
    with pytest.raises(UsageProblem, match="already"):
        fetch("/kit.zip")
    kept = [file for file in os.listdir(fetch.cache) if file.endswith(".part")]
    assert (fetch.cache / kept[0]).read_bytes() == KIT


def test_limits_are_those_that_are_written():
    assert (add.MOST_MB, add.MOST_FILES) == (1000, 10_000)
