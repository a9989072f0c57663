"""The page in a real browser, with a real player: typed, clicked, saved, disconnected, read aloud.

These tests are marked `browser`: `pytest -m browser -n 0` runs them; they need Chromium (`apt install chromium`).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.harness.browser import Browser, Page
from tests.harness.client import Client
from tests.harness.command import Play

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PIECE = """\
# A test piece.
my_sound:
  mix:
    lead: {osc: {freq: 220, amp: 0.2}}
    beat: {sequencer: {interval: 0.2, steps: [blip, ~, blip v.5, ~]}}
blip: {context: {v: 1, signal: {osc: {type: tri, freq: 880, amp: [0.3 * v, 0], duration: 0.05}}}}
night: {osc: {freq: 110, amp: 0.2}}
"""
MORE = "morning: {osc: {freq: 330, amp: 0.2}}\n"
MISTAKE = PIECE.replace("freq: 220", "frq: 220")
TEXT = "document.querySelector('#text')"
SAVED = "document.querySelector('#saved').textContent"
CONNECTED = "document.querySelector('#connection')?.classList.contains('shown') === false"
CONFLICT = "document.querySelector('#conflict').classList.contains('shown')"
BANNER = "document.querySelector('#problem p').textContent"
ACTS = (
    "#play, #hush, #record, #sound, #volume, #undo, #redo, #hold, #tempo, #ab, #file, #save, #slider-range,"
    "#track-list .switches button, #version-list button"
)
"""Controls that act on the player."""
FIGURES = "#bar, #beat, #tempo-value, #time, #load, #underflows, #loudness-momentary, #loudness-short, #level-value"
ENABLED = f"[...document.querySelectorAll('{ACTS}')].filter(one => !one.disabled).map(one => one.id || one.ariaLabel)"
KNOWN = f"[...document.querySelectorAll('{FIGURES}')].filter(one => one.textContent !== '–').map(one => one.id)"
AWAY = f"{ENABLED}.length + {KNOWN}.length === 0"
FILE_FOCUSED = "(file => (file.focus(), document.activeElement === file))(document.querySelector('#file'))"
"""Puts the keyboard into the list of files; it takes none while the player is too busy to say a word."""
NOTED = """
window.notices = [];
addEventListener('DOMContentLoaded', () => new MutationObserver(changes => {
    for (const { addedNodes } of changes) window.notices.push(...[...addedNodes].map(one => one.data)) })
    .observe(document.querySelector('#notice'), { childList: true }));
"""
"""Every notice that was shown: it may be over before a test looks."""
PATIENT = "import('/player/connection.js').then(({ Connection }) => { Connection.prototype._watch = () => {} });"
"""A player that is too busy to say a word is not counted as away: what is off then, and moves, is for other tests."""
DARK, LIGHT = {"prefers_color_scheme": "dark"}, {"prefers_color_scheme": "light"}


class Player:
    """A `waves play --serve` that the tests of this module share, and the address of its page."""

    def __init__(self, play: Play):
        self.play = play
        self.address = play.address()
        self.play.wait_for("started")

    @property
    def text(self) -> str:
        """The file on disk."""
        return (self.play.folder / "waves.yaml").read_text("utf-8")

    def save(self, text: str) -> None:
        """Another editor saves the file."""
        self.play.save(text)

    def server(self) -> int:
        """Process that serves the page."""
        children = Path(f"/proc/{self.play.process.pid}/task/{self.play.process.pid}/children")
        others = [int(one) for task in children.parents[1].iterdir() for one in (task / "children").read_text().split()]
        [found] = [one for one in others if b"server_process" in Path(f"/proc/{one}/cmdline").read_bytes()]
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    folder = tmp_path_factory.mktemp("piece")
    (folder / "waves.yaml").write_text(PIECE, "utf-8")
    (folder / "sounds").mkdir()
    (folder / "sounds" / "more.yaml").write_text(MORE, "utf-8")
    with Play(folder, "my_sound", "--serve") as play:
        yield Player(play)


def opened(browser: Browser, player: Player, script: str = NOTED + PATIENT, **look: Any) -> Page:
    """A page that shows the file as it is on disk. If that is the test piece, it plays, and older events are over."""
    page = browser.open(player.address, script, **look)
    page.wait_for(f"{CONNECTED} && {TEXT}.value === {json.dumps(player.text)}")
    if player.text == PIECE:
        page.wait_for(f"{SAVED} === 'saved' && document.querySelector('#version-list .playing') !== null")
        player.play.pass_over()
    return page


def play_the_piece(player: Player) -> None:
    """The test piece is in the file; `opened` waits until it plays."""
    if player.text != PIECE:
        player.save(PIECE)


def noticed(page: Page, pattern: str) -> None:
    """Wait for a notice of a pattern, of those since the last one that was waited for."""
    found = f"window.notices.findIndex(one => {pattern}.test(one))"
    page.wait_for(f"(at => at >= 0 && window.notices.splice(0, at + 1))({found})")


@pytest.fixture
def page(browser: Browser, player: Player) -> Iterator[Page]:
    """A page with the test piece, which plays. Anything that the browser complains of is a failure."""
    play_the_piece(player)
    made = opened(browser, player)
    yield made
    assert made.complaints == []
    made.close()


def put_caret(page: Page, word: str, after: bool = True) -> None:
    """Put the caret behind a word of the text, or before it."""
    page.click("#text")
    at = f"{TEXT}.value.indexOf({json.dumps(word)})" + (f" + {len(word)}" if after else "")
    page.evaluate(f"{TEXT}.setSelectionRange({at}, {at})")


def text_of(page: Page) -> str:
    found: str = page.evaluate(f"{TEXT}.value")
    return found


def report(page: Page, words: str) -> None:
    """Wait until the newest reports have these words."""
    page.wait_for(f"document.querySelector('#report-list').innerText.includes({json.dumps(words)})")


# The token


def test_the_token_leaves_the_address_and_another_one_is_asked_for(browser, player):
    page = opened(browser, player)
    assert page.evaluate("location.hash") == "" and "#" not in page.evaluate("location.href")
    page.reload()
    page.wait_for(f"{CONNECTED} && {TEXT}.value.length > 0")
    page.evaluate("(sessionStorage.clear(), 0)")
    page.reload()
    page.wait_for("document.querySelector('#connection p').textContent.startsWith('The key is missing')")
    page.evaluate("(sessionStorage.setItem('waves.token', 'f'.repeat(32)), 0)")
    page.reload()
    page.wait_for("!document.querySelector('#address-form').hidden")
    give_address(page, "e" * 32)
    page.wait_for("document.querySelector('#connection p').textContent.startsWith('This is not the key of the player')")
    give_address(page, player.address)
    page.wait_for(f"{CONNECTED} && {TEXT}.value.length > 0")
    assert page.complaints == []
    page.close()


def give_address(page: Page, address: str) -> None:
    """Type an address, or the key in it, into the field of the banner."""
    page.click("#address")
    page.call("Input.insertText", text=address)
    page.press("Enter")


def test_the_page_finds_its_player_again_after_a_restart(browser, tmp_path):
    (tmp_path / "waves.yaml").write_text(PIECE, "utf-8")
    banner = "document.querySelector('#connection p').textContent"
    asks = "!document.querySelector('#address-form').hidden"
    with Play(tmp_path, "my_sound", "--serve") as play:
        address = play.address()
        page = browser.open(address, NOTED + PATIENT)
        page.wait_for(f"{CONNECTED} && {TEXT}.value === {json.dumps(PIECE)}")
        put_caret(page, "freq: 220")
        page.type("5")
        assert play.end() == 130
    page.wait_for(f"{banner}.startsWith('The player has ended. Start it again') && {asks}")
    page.wait_for(f"document.querySelector('#doing').textContent === 'not connected' && {AWAY}")
    page.evaluate("document.querySelector('#ab').closest('details').open = true")
    assert page.evaluate("document.querySelectorAll('#version-list li').length") == 1
    alive = "document.querySelectorAll('#version-list button:enabled, #version-list .playing').length"
    assert page.evaluate(alive) == 0
    (tmp_path / "waves.yaml").write_text(PIECE.replace("freq: 110", "freq: 111"), "utf-8")
    with Play(tmp_path, "my_sound", "--serve") as play:
        again = play.address()
        assert again.split("#")[0] == address.split("#")[0] and again != address
        page.wait_for(f"{banner}.startsWith('The player was started anew') && {asks}")
        assert page.evaluate(f"{banner}.endsWith('Your text is kept here.') && {AWAY}")
        give_address(page, again.split("#")[1])
        page.wait_for(f"{CONNECTED} && {CONFLICT} && {SAVED} === 'not saved'")
        page.wait_for(
            f"['play', 'volume', 'file', 'Mute lead', 'Restore version 1'].every(one => {ENABLED}.includes(one))"
        )
        assert "freq: 111" in page.evaluate("document.querySelector('#conflict pre').textContent")
        assert "freq: 2205" in text_of(page) and page.evaluate("document.querySelector('#address').value") == ""
        page.click("#keep-mine")
        page.wait_for(f"{SAVED} === 'saved' && !{CONFLICT}")
        assert "freq: 2205" in (tmp_path / "waves.yaml").read_text("utf-8")
        play.end(signal.SIGKILL)
    page.wait_for(f"{banner}.startsWith('The player has ended') && {asks}")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", urlsplit(again).port))
        taken.listen()
        with Play(tmp_path, "my_sound", "--serve") as play:
            elsewhere = play.address()
            assert urlsplit(elsewhere).port != urlsplit(again).port
            give_address(page, elsewhere)
            page.wait_for(f"location.port === '{urlsplit(elsewhere).port}' && {CONNECTED}")
            page.wait_for(f"{TEXT}.value.includes('freq: 2205') && !location.hash")
    page.close()


def test_a_page_that_may_not_write_only_plays(browser, tmp_path):
    (tmp_path / "waves.yaml").write_text(PIECE, "utf-8")
    with Play(tmp_path, "my_sound", "--serve", "--read-only") as play:
        player = Player(play)
        page = opened(browser, player)
        assert page.evaluate(f"{TEXT}.readOnly && document.querySelector('#record').disabled")
        put_caret(page, "freq: 220")
        page.type("5")
        page.press("Control+s")
        noticed(page, "/may not write/")
        page.click("#play")
        play.wait_for("paused")
        assert text_of(page) == player.text == PIECE
        assert page.complaints == []
        page.close()


def test_a_piece_without_waves_yaml_is_shown(browser, tmp_path):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "more.yaml").write_text(MORE, "utf-8")
    with Play(tmp_path, "morning", "--serve") as play:
        page = browser.open(play.address(), NOTED + PATIENT)
        page.wait_for(f"{TEXT}.value === {json.dumps(MORE)}")
        assert page.evaluate("document.querySelector('#file').value") == "sounds/more.yaml"
        assert page.complaints == []
        page.close()


def test_a_piece_with_a_mistake_is_mended_on_the_page_and_begins_to_play(browser, tmp_path):
    (tmp_path / "waves.yaml").write_text(MISTAKE, "utf-8")
    with Play(tmp_path, "my_sound", "--serve") as play:
        page = browser.open(play.address(), NOTED + PATIENT)
        page.wait_for(f"{CONNECTED} && {TEXT}.value === {json.dumps(MISTAKE)}")
        page.wait_for(f"{BANNER}.includes(\"'osc' has no parameter 'frq'\")")
        page.wait_for("document.querySelector('#doing').textContent.startsWith('nothing plays until')")
        page.click("#play")
        noticed(page, "/^nothing plays yet/")
        page.click("#problem-go")
        assert page.evaluate(f"{TEXT}.selectionStart") == MISTAKE.index("frq")
        page.press("ArrowRight", "ArrowRight")
        page.type("e")
        page.press("Control+s")
        play.wait_for("started")
        page.wait_for("document.querySelector('#doing').textContent === 'playing'")
        page.wait_for(f"{BANNER} === '' && {SAVED} === 'saved' && document.title === 'my_sound – waves'")
        page.wait_for("document.querySelectorAll('#track-list li').length === 2")
        page.wait_for("document.querySelectorAll('#version-list li').length === 1")
        page.wait_for("document.querySelectorAll('.marks .step').length > 0")
        page.wait_for("Number.parseFloat(document.querySelector('#level-value').textContent) > -60")
        assert (tmp_path / "waves.yaml").read_text("utf-8") == MISTAKE.replace("frq", "freq")
        assert page.complaints == []
        page.close()


# Text


def test_typed_and_saved_text_is_heard(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    assert page.evaluate(SAVED) == "not saved" and player.text == PIECE
    page.press("Control+s")
    event = player.play.wait_for("reloaded")
    assert event["parameters"]["changed"] == 1
    assert player.text == text_of(page) == PIECE.replace("freq: 220", "freq: 2205")
    page.wait_for(f"{SAVED} === 'saved'")
    report(page, event["text"])


def test_a_problem_is_underlined_and_gone_after_the_mend(page, player):
    put_caret(page, "lead: {osc: {freq")
    page.press("Backspace", "Backspace")
    page.type("q")
    marked = "[...document.querySelectorAll('.marks .error')].map(one => one.textContent).join()"
    page.wait_for(f"{marked} === 'frq'")  # before it is saved
    page.wait_for("document.querySelector('#at-caret').innerText.includes(\"did you mean 'freq'\")")
    assert page.evaluate(BANNER) == "" and player.text == PIECE
    page.press("Control+s")
    player.play.wait_for("refused")
    page.wait_for(f"{BANNER}.includes(\"'osc' has no parameter 'frq'\")")
    assert page.evaluate(marked) == "frq"
    assert "⚠ waves.yaml:4" in page.evaluate("document.title")
    page.evaluate(f"{TEXT}.setSelectionRange(0, 0)")
    page.click("#problem-go")
    assert page.evaluate(f"{TEXT}.selectionStart") == text_of(page).index("frq")
    page.press("Delete", "Delete", "Delete")
    page.type("freq")
    page.press("Control+s")
    page.wait_for(f"{BANNER} === '' && document.querySelectorAll('.marks .error').length === 0")
    page.wait_for("document.title === 'my_sound – waves'")
    assert page.evaluate("document.querySelectorAll('#problem-list li').length") == 0


def test_a_save_of_another_editor_arrives_and_the_caret_stays_at_its_word(page, player):
    put_caret(page, "steps: [")
    other = PIECE.replace("# A test piece.", "# A test piece,\n# with another line.")
    player.save(other)
    page.wait_for(f"{TEXT}.value === {json.dumps(other)}")
    assert page.evaluate(f"{TEXT}.selectionStart") == other.index("steps: [") + len("steps: [")
    assert page.evaluate(SAVED) == "saved" and not page.evaluate(CONFLICT)


def in_conflict(page: Page, player: Player) -> str:
    """Unsaved text in the page, and a save elsewhere, which is returned."""
    put_caret(page, "freq: 220")
    page.type("5")
    other = PIECE.replace("freq: 110", "freq: 111")
    player.save(other)
    page.wait_for(CONFLICT)
    assert "freq: 111" in page.evaluate("document.querySelector('#conflict pre').textContent")
    assert "freq: 2205" in text_of(page)
    page.press("Control+s")  # the file is not overwritten
    assert player.text == other
    return other


def test_in_a_conflict_theirs_can_be_taken_and_undone(page, player):
    other = in_conflict(page, player)
    page.click("#take-theirs")
    page.wait_for(f"{SAVED} === 'saved' && !{CONFLICT}")
    assert text_of(page) == player.text == other
    page.press("Control+z")
    assert "freq: 2205" in text_of(page)
    page.press("q")
    assert "freq: 2205" in text_of(page), "the next key replaces nothing"


def test_a_choice_never_lets_typed_letters_play_the_page(page, player):
    here = "document.activeElement.id"
    in_conflict(page, player)
    noticed(page, "/^Choose first/")
    page.type("mn ")
    assert "freq: 2205mn " in text_of(page) and page.evaluate(here) == "text"
    page.press("Escape", "Escape", "Escape", "Tab")
    assert page.evaluate(here) == "take-theirs"
    page.evaluate(
        "(window.sent = [], (send => WebSocket.prototype.send = function (data) {"
        "window.sent.push(JSON.parse(data).method); send.call(this, data) })(WebSocket.prototype.send), 0)"
    )
    page.type("mnsF.1")
    page.press("Tab")
    page.type("mnsF.1")
    assert not {"mute", "solo", "playNext", "acceptRefused", "hush", "playNumber"} & set(page.evaluate("window.sent"))
    player.save(PIECE)  # what was asked is over
    page.wait_for(f"!{CONFLICT} && {here} === 'text'")
    page.type("m")
    assert "freq: 2205mn m" in text_of(page)
    player.save(MISTAKE)
    page.wait_for(CONFLICT)
    page.click("#take-theirs")
    page.wait_for(f"!{CONFLICT} && {BANNER} !== ''")
    page.click("#problem-go")
    assert page.evaluate(here) == "text"


def test_a_conflict_is_the_same_after_the_page_is_loaded_again(page, player):
    other = in_conflict(page, player)
    page.reload()
    page.wait_for(CONFLICT)
    shown = page.evaluate("document.querySelector('#conflict pre').textContent")
    assert "freq: 111" in shown and "deleted" not in shown and player.text == other
    assert "freq: 2205" in text_of(page)


def test_in_a_conflict_mine_can_be_kept(page, player):
    in_conflict(page, player)
    page.click("#keep-mine")
    page.wait_for(f"{SAVED} === 'saved' && !{CONFLICT}")
    assert player.text == text_of(page) == PIECE.replace("freq: 220", "freq: 2205")


def test_a_save_that_was_based_on_an_older_file_is_a_conflict(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    other = PIECE.replace("freq: 110", "freq: 111")
    (player.play.folder / "waves.yaml").write_text(other, "utf-8")
    page.press("Control+s")
    page.wait_for(CONFLICT)
    assert player.text == other and "freq: 2205" in text_of(page)


def test_two_pages_and_an_editor_end_with_the_same_text(browser, page, player):
    second = opened(browser, player)
    put_caret(page, "freq: 220")
    page.type("5")
    page.press("Control+s")
    second.wait_for(f"{TEXT}.value.includes('freq: 2205')")
    put_caret(second, "freq: 110")
    second.type("5")
    second.press("Control+s")
    page.wait_for(f"{TEXT}.value.includes('freq: 1105')")
    player.save(player.text.replace("freq: 880", "freq: 660"))
    for one in (page, second):
        one.wait_for(f"{TEXT}.value.includes('freq: 660')")
    assert text_of(page) == text_of(second) == player.text
    assert "freq: 2205" in player.text and "freq: 1105" in player.text
    assert second.complaints == []
    second.close()


def test_the_text_is_kept_while_the_server_is_gone(browser, page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    old = player.server()
    os.kill(old, signal.SIGKILL)
    page.wait_for(f"!({CONNECTED})")
    assert "not connected" in page.evaluate("document.title")
    page.type("0")
    page.wait_for(CONNECTED)
    assert player.server() != old
    assert "freq: 22050" in text_of(page)
    page.wait_for(f"{SAVED} === 'not saved'")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved'")
    assert "freq: 22050" in player.text
    refused = [one for one in page.complaints if "WebSocket connection" in one]
    assert page.complaints == refused
    page.complaints.clear()


def test_unsaved_text_is_there_after_the_page_was_loaded_again(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    page.reload()
    page.wait_for(f"{TEXT}.value.includes('freq: 2205')")
    assert page.evaluate(SAVED) == "not saved" and player.text == PIECE


def test_unsaved_text_comes_back_with_the_address(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    page.wait_for("sessionStorage['waves.drafts']?.includes('2205')")
    page.evaluate("sessionStorage['waves.token'] = 'old'")
    for _ in range(2):  # and is not lost when the page is loaded once more
        page.reload()
        page.wait_for("document.querySelector('#connection p').textContent.endsWith('comes back with the address.')")
    give_address(page, player.address)
    page.wait_for(f"{CONNECTED} && {TEXT}.value.includes('freq: 2205')")
    page.complaints.clear()


def test_a_file_that_is_gone_is_written_by_save(page, player):
    # It is known by the code of the error, whatever its sentence says.
    page.evaluate(
        """(parse => JSON.parse = (...given) => { const made = parse(...given);
            if (made?.error) made.error.message = 'another sentence';
            return made })(JSON.parse), 0"""
    )
    (player.play.folder / "waves.yaml").unlink()
    page.wait_for(f"{SAVED} === 'not saved'")
    gone = "waves.yaml is gone from the disk. Its text is kept here: “Save” writes it."
    page.wait_for(f"{BANNER} === '{gone}'")
    assert page.evaluate("window.notices") == []
    assert page.evaluate("[...document.querySelectorAll('#problem button')].every(one => one.hidden)")
    assert page.evaluate("document.querySelector('#problem-list').innerText") == gone, "it is told once"
    page.wait_for(FILE_FOCUSED)
    page.press("s")  # chooses sounds/more.yaml
    page.wait_for(f"{TEXT}.value === {json.dumps(MORE)}")
    assert page.evaluate(BANNER) == gone
    page.click("#problem-list button")
    page.wait_for(f"{TEXT}.value === {json.dumps(PIECE)} && document.activeElement.id === 'text'")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved' && {BANNER} === ''")
    assert player.text == text_of(page) == PIECE


def test_a_file_that_is_gone_while_another_is_shown_is_told_and_its_text_kept(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    mine = text_of(page)
    page.wait_for(FILE_FOCUSED)
    page.press("s")  # chooses sounds/more.yaml
    page.wait_for(f"{TEXT}.value === {json.dumps(MORE)}")
    (player.play.folder / "waves.yaml").unlink()
    page.wait_for(f"{BANNER}.startsWith('waves.yaml is gone from the disk. Its text is kept here')")
    names = "[...document.querySelectorAll('#file option')].map(one => one.textContent)"
    assert page.evaluate(names) == ["waves.yaml *", "sounds/more.yaml"] and text_of(page) == MORE
    page.reload()
    page.wait_for(f"{BANNER}.startsWith('waves.yaml is gone from the disk. Its text is kept here')")
    page.wait_for(f"{names}.join() === 'waves.yaml *,sounds/more.yaml' && {TEXT}.value === {json.dumps(MORE)}")
    player.save(PIECE)
    noticed(page, "/^waves.yaml is there again.$/")
    (player.play.folder / "waves.yaml").unlink()
    page.wait_for(f"{BANNER}.startsWith('waves.yaml is gone from the disk')")
    page.wait_for(FILE_FOCUSED)
    page.press("w")
    page.wait_for(f"{TEXT}.value === {json.dumps(mine)}")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved' && {BANNER} === ''")
    assert player.text == mine
    more = player.play.folder / "sounds" / "more.yaml"
    more.unlink()  # its text was saved, and nothing needs it
    page.wait_for(f"{names}.join() === 'waves.yaml' && {BANNER} === ''")
    more.write_text(MORE, "utf-8")
    page.wait_for(f"{names}.join() === 'waves.yaml,sounds/more.yaml'")


def test_a_save_that_takes_long_is_told(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    page.evaluate(
        "window.kept = WebSocket.prototype.send; window.held = []; WebSocket.prototype.send = function (data) {"
        "JSON.parse(data).method === 'save' ? window.held.push([this, data]) : window.kept.call(this, data) }"
    )
    off = "document.querySelector('#save').disabled"
    assert page.evaluate(f"{SAVED} === 'not saved' && !{off}")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saving …' && {off}")
    page.evaluate(
        "(parse => JSON.parse = (...given) => { const made = parse(...given); if (made?.method === 'reloaded')"
        "made.method = 'compiling'; return made })(JSON.parse), 0"
    )  # it is still at work
    page.evaluate("WebSocket.prototype.send = window.kept; for (const [one, data] of window.held) one.send(data)")
    page.wait_for(f"{SAVED} === 'saved, building …' && {off}")
    assert "freq: 2205" in player.text
    player.save(MISTAKE)
    page.wait_for(f"{SAVED}.startsWith('saved') && !{SAVED}.includes('building')")


def test_while_the_page_is_not_connected_its_controls_are_off_and_its_figures_unknown(page, player):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    page.wait_for("document.querySelector('#loudness-short').textContent !== '–'")
    page.wait_for("document.querySelectorAll('#version-list li').length > 0")
    on, known = page.evaluate(ENABLED), page.evaluate(KNOWN)
    assert {"play", "record", "volume", "file", "slider-range", "Mute lead"} <= {*on} and len(known) > 6
    page.evaluate("document.querySelector('#volume').focus()")
    player.play.process.send_signal(signal.SIGSTOP)  # it starts no other server
    try:
        os.kill(player.server(), signal.SIGKILL)
        page.wait_for(f"!({CONNECTED}) && {AWAY}")
        heard = page.accessible()
        controls = [one for one in heard if (one["role"], one["name"]) in (("button", "Pause"), ("slider", "Volume"))]
        assert [one["properties"].get("disabled") for one in controls] == [True, True]
        assert any(one["name"].startswith("The player does not answer. Your text is kept here") for one in heard)
        page.evaluate("document.activeElement.blur()")
        page.press(" ")
        noticed(page, "/^The player is not connected.$/")
        put_caret(page, "freq: 220")
        page.type("5")
        assert page.evaluate(f"{SAVED} === 'not saved' && {AWAY}")
        page.evaluate("document.activeElement.blur()")
        page.evaluate(
            """(window.told = [], JSON.parse = (parse => (...given) => { const made = parse(...given);
                window.told.push(made?.method);
                if (made?.method === 'status' && !window.passes) made.method = 'nothing';
                return made })(JSON.parse), 0)"""
        )
    finally:
        player.play.process.send_signal(signal.SIGCONT)
    page.wait_for("window.told.includes('status')")
    assert page.evaluate(f"{AWAY} && !({CONNECTED})"), "before the status"
    page.evaluate("(window.passes = true, 0)")
    page.wait_for(CONNECTED)
    page.wait_for("document.querySelector('#said').lastElementChild?.textContent === 'The player answers again.'")
    assert page.evaluate("document.activeElement.id") == "volume"
    page.wait_for(f"{json.dumps([*on, 'save'])}.every(one => {ENABLED}.includes(one))")
    page.wait_for(f"{json.dumps(known)}.every(one => {KNOWN}.includes(one))")
    assert "freq: 2205" in text_of(page) and player.text == PIECE
    page.complaints.clear()


def test_a_player_that_says_nothing_is_told_and_a_save_that_arrives_late_too(browser, player):
    play_the_piece(player)
    page = opened(browser, player, NOTED)
    put_caret(page, "freq: 220")
    page.type("5")
    player.play.process.send_signal(signal.SIGSTOP)
    try:
        page.press("Control+s")
        page.wait_for(f"!({CONNECTED}) && {AWAY}")
        noticed(page, "/is not saved/")
    finally:
        player.play.process.send_signal(signal.SIGCONT)
    page.wait_for(f"{CONNECTED} && {SAVED} === 'saved'")
    noticed(page, "/is saved: it had arrived/")
    assert "not saved" not in page.evaluate("document.querySelector('#notice').textContent")
    page.close()


def test_each_file_keeps_its_own_text(page, player):
    file = "document.querySelector('#file')"
    put_caret(page, "freq: 220")
    page.type("5")
    page.wait_for(FILE_FOCUSED)
    page.press("s")  # chooses sounds/more.yaml
    page.wait_for(f"{TEXT}.value === {json.dumps(MORE)}")
    assert page.evaluate(f"[...{file}.options].map(one => one.textContent)") == ["waves.yaml *", "sounds/more.yaml"]
    put_caret(page, "freq: 330")
    page.type("x")
    page.press("Control+s")
    page.wait_for(f"{BANNER}.startsWith('sounds/more.yaml:1')")
    page.wait_for(FILE_FOCUSED)
    page.press("w")
    page.wait_for(f"{TEXT}.value.includes('freq: 2205')")
    assert player.text == PIECE
    page.click("#problem-go")  # opens the other file
    page.wait_for(f"{TEXT}.value.includes('330x')")
    put_caret(page, "330x")
    page.press("Backspace")
    page.press("Control+s")
    page.wait_for(f"{BANNER} === '' && {SAVED} === 'saved'")
    assert (player.play.folder / "sounds" / "more.yaml").read_text("utf-8") == MORE


def test_hostile_text_is_shown_as_text(page, player):
    hostile = (
        "# </textarea><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>\n"
        "# \u202eturned\u202c \U0001f600\n"
        f"{PIECE}\"<img src=x onerror='window.hit = 3'>\": {{osc: {{frq: 1}}}}\n# {'long ' * 20_000}\n"
    )
    player.save(hostile)
    page.wait_for(f"{TEXT}.value === {json.dumps(hostile)}")
    page.wait_for("document.querySelector('#problem-list').innerText.includes(\"no parameter 'frq'\")")
    page.evaluate("document.querySelector('#ab').closest('details').open = true")
    page.wait_for("document.querySelector('#version-list').innerText.includes('<img src=x')")
    shown = (
        "[...document.querySelectorAll('.colours > div')]"
        ".sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top)).map(row => row.textContent)"
    )
    assert page.evaluate(shown)[:2] == hostile.split("\n")[:2]
    assert page.evaluate("document.querySelectorAll('img, iframe, body script').length") == 0
    assert page.evaluate("window.hit === undefined")
    assert page.evaluate("document.querySelectorAll('.hidden-signs').length") == 1
    put_caret(page, "# A test")
    page.type("y")  # a page that hangs does not take it
    assert "# A testy" in text_of(page)


# What may stand at the caret


def test_a_tap_elsewhere_closes_the_list_that_is_open_or_on_its_way(browser, player):
    play_the_piece(player)
    page = opened(browser, player, **WINDOWS["phone"])
    put_caret(page, "amp: 0.2")
    page.type(", ph")
    page.wait_for("!document.querySelector('#completion').hidden")
    tap(page, "#save")
    player.play.wait_for("refused")
    page.wait_for(f"{BANNER} !== ''")
    assert page.evaluate("document.querySelector('#completion').hidden")
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.complaints == []
    page.close()


def tap(page: Page, selector: str) -> None:
    """Touch the middle of an element with a finger."""
    x, y = page.middle(selector)
    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def swipe(page: Page, selector: str, at: float, across: float, down: float) -> None:
    """Put a finger on an element, at a part of its width, and move it so many pixels."""
    left, width, y = page.box(selector)
    for step in range(11):
        point = {"x": left + at * width + across * step / 10, "y": y + down * step / 10}
        page.call("Input.dispatchTouchEvent", type="touchMove" if step else "touchStart", touchPoints=[point])
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def test_a_slider_follows_a_finger_sideways_and_a_swipe_that_begins_on_it_scrolls(browser, player):
    play_the_piece(player)
    page = opened(browser, player, width=390, height=600, phone=True)
    loud = "document.querySelector('#volume-value').textContent"
    page.evaluate(
        "(at => { at.value = 0; at.dispatchEvent(new Event('input')); window.heard = [];"
        "for (const name of ['input', 'change']) document.addEventListener(name, () => window.heard.push(name)) })"
        "(document.querySelector('#volume'))"
    )
    page.wait_for(f"{loud} === '0.0 dB'")
    thumb = 60 / 66
    for at in (0.2, thumb):
        swipe(page, "#volume", at, 12, -200)
        page.wait_for("scrollY > 100")
        page.evaluate("scrollTo(0, 0)")
    page.evaluate("window.scrollEnd = new Promise(done => setTimeout(done, 100))")
    page.evaluate("window.scrollEnd")
    x, y = page.middle("#volume")
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):  # a tap
        page.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert page.evaluate(f"[window.heard.join(), {loud}, document.querySelector('#volume').value]") == [
        "",
        "0.0 dB",
        "0",
    ]
    swipe(page, "#volume", thumb, -60, 10)
    page.wait_for(f"Number.parseFloat({loud}) < -10")
    assert page.evaluate("[window.heard.includes('input'), window.heard.at(-1)]") == [True, "change"]
    while player.play.wait_for("volume")["level"] > -10:
        pass
    page.evaluate("(at => { at.value = 0; at.dispatchEvent(new Event('input')) })(document.querySelector('#volume'))")
    while player.play.wait_for("volume")["level"] != 0.0:
        pass
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    swipe(page, "#slider-range", 0.8, 10, -150)
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert moved_value(page) == 220.0 and text_of(page) == player.text == PIECE
    swipe(page, "#slider-range", 0.5, 60, 5)
    page.wait_for(f"{SAVED} === 'saved' && !{TEXT}.value.includes('freq: 220,')")
    dragged = text_of(page)
    for command, text in (("undo", PIECE), ("redo", dragged)):
        tap(page, f"#text-{command}")
        page.wait_for(f"{SAVED} === 'saved' && {TEXT}.value === {json.dumps(text)}")
        assert page.evaluate("document.activeElement.id") in ("text", "slider-range")
    page.wait_for(f"{SAVED} === 'saved'")
    player.play.wait_for("reloaded")
    assert player.text == dragged
    tap(page, "#text-redo")
    noticed(page, "/^There is nothing to redo in the text.$/")
    assert page.evaluate("document.querySelector('#hush').offsetHeight") < 50, "its word is whole"
    boxes = """['#play', '#hush', '#record', '#text-undo', '#text-redo', '#written', '#save']
        .map(one => document.querySelector(one).getBoundingClientRect())
        .map(box => [box.left, box.right, box.height])"""
    seen = page.evaluate(boxes)
    assert all(0 <= left < right <= 390 and height >= 44 for left, right, height in seen), seen
    assert page.evaluate("document.querySelector('#transport').offsetHeight") < 70, "one row"
    assert page.complaints == []
    page.close()
    play_the_piece(player)


def test_completion_by_keyboard(page, player):
    listed = "[...document.querySelectorAll('#completion-list .label')].map(one => one.textContent)"
    opened_list = "!document.querySelector('#completion').hidden"
    put_caret(page, "amp: 0.2")
    page.type(", ph")
    page.wait_for(f"{opened_list} && {listed}.includes('phase')")
    assert page.evaluate(f"{TEXT}.getAttribute('aria-activedescendant')") is None  # Enter is a new line still
    below = "document.querySelector('#completion-help').innerText"
    assert page.evaluate(below).endswith("Enter is a new line while none is chosen.")
    page.press("ArrowDown")
    chosen = page.evaluate(f"document.getElementById({TEXT}.getAttribute('aria-activedescendant')).textContent")
    assert chosen.startswith("phase") and "Enter" not in page.evaluate(below)
    listbox = [one for one in page.accessible() if one["role"] == "listbox"]
    assert [one["name"] for one in listbox] == ["What may stand here"]
    page.press("Enter")
    page.wait_for(f"document.querySelector('#completion').hidden && {TEXT}.value.includes('amp: 0.2, phase: ')")
    page.type("0")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved'")
    assert "lead: {osc: {freq: 220, amp: 0.2, phase: 0}}" in player.text
    put_caret(page, "{osc: {type: ")
    page.press("Control+ ")
    page.wait_for(f"{opened_list} && {listed}.includes('saw')")
    assert page.evaluate(f"{TEXT}.getAttribute('aria-activedescendant')") == "completion-0"
    page.press("Escape")
    assert not page.evaluate(opened_list) and "type: tri" in text_of(page)


def test_a_bracket_that_a_completion_wrote_may_be_typed_too(page):
    put_caret(page, PIECE)
    page.type("z: {s")
    page.wait_for("!document.querySelector('#completion').hidden")
    page.type("eq")
    page.press("Tab")  # though the list is that of the word so far
    page.wait_for(f"{TEXT}.value.endsWith('z: {{sequencer: {{}}')")
    page.type("{interval: 0.5, steps: [blip]}}")
    assert text_of(page) == PIECE + "z: {sequencer: {interval: 0.5, steps: [blip]}}"
    page.type("}{")  # there is none to step over any more
    assert text_of(page).endswith("[blip]}}}{")


def test_a_name_in_full_can_be_completed_and_tab_stays_in_the_text(page):
    put_caret(page, "amp: 0.2")
    page.type(", phase")
    page.wait_for("!document.querySelector('#completion').hidden")
    page.press("Escape")
    page.press("Control+ ")
    page.wait_for("!document.querySelector('#completion').hidden")
    page.press("Tab")
    page.wait_for(f"{TEXT}.value.includes('amp: 0.2, phase: }}}}')")
    page.press("Tab")
    page.type(".5")
    assert "amp: 0.2, phase: .5}}" in text_of(page), "no key of the page"


def test_enter_is_a_new_line_while_nothing_is_chosen(page):
    put_caret(page, PIECE)
    page.type("z: {osc: {fre")
    page.wait_for("!document.querySelector('#completion').hidden")
    page.press("Enter")
    assert text_of(page) == PIECE + "z: {osc: {fre\n"


def moved_value(page: Page) -> float:
    """Value on the slider for the number at the caret."""
    page.wait_for("!document.querySelector('#slider').hidden")
    return float(page.evaluate("parseFloat(document.querySelector('#slider output').textContent)"))


def test_the_slider_is_heard_at_once_and_writes_back_once(page, player):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    versions = page.evaluate("document.querySelectorAll('#version-list li').length")
    page.drag("#slider-range", 0.35, 0.7, steps=20)
    event = player.play.wait_for("parameter_moved")
    assert event["parameter"] == "freq" and event["value"] > 220.0
    page.wait_for(f"{SAVED} === 'saved' && !{TEXT}.value.includes('freq: 220,')")
    value = moved_value(page)
    assert player.text == text_of(page) == PIECE.replace("freq: 220", f"freq: {value:g}")
    page.wait_for(f"document.querySelectorAll('#version-list li').length === {versions + 1}")
    event = player.play.wait_for("parameter_released")
    assert event["by_text"] and "goes back" not in event["text"]
    dragged = text_of(page)
    page.click("#text")
    for keys, text in (("Control+z", PIECE), ("Control+Shift+z", dragged)):  # all of the drag is one step, and is saved
        page.press(keys)
        assert text_of(page) == text
        assert "freq" in player.play.wait_for("reloaded")["text"]
        page.wait_for(f"{SAVED} === 'saved'")
        assert player.text == text
    page.type("7")
    page.press("Control+z")  # what was typed is saved by who typed it
    assert text_of(page) == dragged == player.text
    page.type("7")
    page.press("Control+s")
    player.play.wait_for("reloaded")
    page.press("Control+z", "Control+z")
    page.wait_for(f"{SAVED} === 'not saved'")
    assert text_of(page) == PIECE != player.text


def test_the_slider_by_keyboard_and_what_was_not_chosen_is_given_back(page, player):
    put_caret(page, "amp: 0.")
    assert moved_value(page) == 0.2
    page.evaluate("document.querySelector('#slider-range').focus()")
    page.press("ArrowRight", "ArrowRight")
    player.play.wait_for("parameter_moved")
    page.press("Escape")
    assert player.play.wait_for("parameter_released")["text"].endswith("goes back to what the text says")
    assert page.evaluate("document.querySelectorAll('#report-list [data-event=reloaded]').length") == 0
    assert text_of(page) == player.text == PIECE
    page.press("ArrowRight", "ArrowRight", "Enter")
    page.wait_for(f"{SAVED} === 'saved' && {TEXT}.value !== {json.dumps(PIECE)}")
    assert player.text == PIECE.replace("amp: 0.2}}\n    beat", f"amp: {moved_value(page):g}}}}}\n    beat")


def start_drag(page: Page) -> dict[str, Any]:
    """Press the slider and move it to the right; the mouse, which holds it."""
    left, width, y = page.box("#slider-range")
    mouse = {"y": y, "button": "left", "clickCount": 1}
    page.call("Input.dispatchMouseEvent", type="mousePressed", x=left + 0.4 * width, **mouse)
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=left + 0.5 * width, buttons=1, **mouse)
    return {"x": left + 0.6 * width, **mouse}


@pytest.mark.parametrize(
    "edits",
    [{"# A test": "# Line.\n# A test", "freq: 880": "freq: 881"}, {"lead: {osc: {": "lead: {osc: {phase: 0, "}],
    ids=["around", "in the line"],
)
def test_a_drag_is_written_though_an_editor_saves_meanwhile(page, player, edits):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    mouse = start_drag(page)
    player.play.wait_for("parameter_moved")
    other = PIECE
    for before, after in edits.items():
        other = other.replace(before, after)
    player.save(other)
    player.play.wait_for("reloaded")
    page.wait_for("document.querySelector('#report-list [data-event=reloaded]') !== null")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", buttons=1, **mouse)
    page.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    page.wait_for(f"{SAVED} === 'saved' && !{TEXT}.value.includes('freq: 220,')")
    value = moved_value(page)
    assert value > 500
    assert player.text == text_of(page) == other.replace("freq: 220", f"freq: {value:g}")


def test_a_drag_is_written_onto_a_save_of_the_same_moment(page, player):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    mouse = start_drag(page)
    player.play.wait_for("parameter_moved")
    page.evaluate(
        "window.kept = WebSocket.prototype.send; window.held = []; WebSocket.prototype.send = function (data) {"
        "JSON.parse(data).method === 'save' ? window.held.push([this, data]) : window.kept.call(this, data) }"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", buttons=1, **mouse)
    page.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    page.wait_for("window.held.length")  # it is written, and on its way to the file
    other = PIECE.replace("freq: 880", "freq: 881")
    (player.play.folder / "waves.yaml").write_text(other, "utf-8")
    page.evaluate("WebSocket.prototype.send = window.kept; for (const [one, data] of window.held) one.send(data)")
    page.wait_for(f"{SAVED} === 'saved' && {TEXT}.value.includes('freq: 881')")
    value = moved_value(page)
    assert player.text == text_of(page) == other.replace("freq: 220", f"freq: {value:g}") and value > 500
    assert not page.evaluate(CONFLICT)


GOES_BACK = "goes back to what the text says"


def drag_into_unsaved_text(page: Page, player: Player) -> None:
    """A letter that is not saved, and then a slider that is dragged: its number is only written."""
    put_caret(page, "# A test")
    page.type("x")
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    begun = time.time()
    page.drag("#slider-range", 0.35, 0.7, steps=3)
    while player.play.wait_for("parameter_moved")["time"] < begun:
        pass  # it is of a drag before
    page.wait_for(f"!{TEXT}.value.includes('freq: 220,')")
    assert player.text == PIECE


def test_a_moved_value_is_given_back_when_undo_takes_its_number_out_of_the_text(page, player):
    drag_into_unsaved_text(page, player)
    page.click("#text")
    page.press("Control+z")
    assert "freq: 220," in text_of(page) and "# A testx" in text_of(page)
    player.play.says(GOES_BACK)


def test_a_moved_value_is_given_back_when_theirs_is_taken(page, player):
    drag_into_unsaved_text(page, player)
    player.save(PIECE.replace("freq: 110", "freq: 111"))
    page.wait_for(CONFLICT)
    page.click("#take-theirs")
    player.play.says(GOES_BACK)


def test_a_moved_value_is_heard_as_long_as_its_number_stands_in_the_text(page, player):
    drag_into_unsaved_text(page, player)
    written = text_of(page)
    page.reload()
    page.wait_for(f"{TEXT}.value === {json.dumps(written)}")
    put_caret(page, "# A testx")
    page.type("\n# q")  # the number is a line further down
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved'")
    assert player.play.wait_for("parameter_released")["by_text"]


def test_a_value_that_a_slider_holds_is_given_back_when_the_page_is_loaded_again(page, player):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    start_drag(page)
    player.play.wait_for("parameter_moved")
    page.reload()
    player.play.says(GOES_BACK)
    assert player.text == PIECE


def test_a_drag_whose_number_is_gone_says_that_it_was_not_written(page, player):
    put_caret(page, "freq: 22")
    assert moved_value(page) == 220.0
    mouse = start_drag(page)
    player.play.wait_for("parameter_moved")
    other = PIECE.replace("freq: 220", "freq: 2205")
    player.save(other)
    player.play.wait_for("reloaded")
    report(page, "2205")
    page.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    noticed(page, "/^freq was not written: /")
    page.wait_for("document.querySelector('#slider').hidden")
    assert player.text == text_of(page) == other


@pytest.mark.parametrize(
    ("key", "value"), [("ArrowRight", 0.22), ("ArrowDown", 0.18), ("Shift+ArrowRight", 0.21), ("Shift+ArrowLeft", 0.19)]
)
def test_an_arrow_moves_a_hundredth_of_the_range_and_less_with_shift(page, key, value):
    put_caret(page, "amp: 0.")
    assert moved_value(page) == 0.2
    page.evaluate("document.querySelector('#slider-range').focus()")
    page.press(key)
    assert moved_value(page) == value
    page.press("Escape")


def test_the_slider_is_shown_though_the_place_before_was_answered_late(page):
    page.evaluate(
        "window.kept = WebSocket.prototype.send; window.held = []; WebSocket.prototype.send = function (data) {"
        "JSON.parse(data).method === 'numberAt' ? window.held.push([this, data]) : window.kept.call(this, data) }"
    )
    put_caret(page, "# A test")  # no number
    page.wait_for("window.held.length === 1")
    put_caret(page, "amp: 0.")
    page.evaluate("new Promise(done => setTimeout(done, 300)).then(() => 0)")
    page.evaluate("WebSocket.prototype.send = window.kept; for (const [one, data] of window.held) one.send(data)")
    assert moved_value(page) == 0.2


def test_the_slider_of_a_var_has_its_name(page):
    put_caret(page, PIECE)
    page.type("vars: {depth: 0.5")
    assert moved_value(page) == 0.5
    assert page.evaluate("document.querySelector('#slider label').textContent") == "depth"


def test_help_for_the_word_at_the_caret_and_under_the_pointer(page):
    put_caret(page, "blip: {context: {v: 1, signal: {os")
    page.wait_for("document.querySelector('#at-caret .title')?.textContent.includes('osc')")
    word = "[...document.querySelectorAll('.colours span')].find(one => one.textContent === 'sequencer')"
    page.wait_for(f"{word} !== undefined")
    x, y = page.evaluate(
        f"(box => [box.left + box.width / 2, box.top + box.height / 2])({word}.getBoundingClientRect())"
    )
    page.move(x, y)
    page.wait_for("document.querySelector('#note').innerText.includes('sequencer')")
    page.press("ArrowLeft")
    assert page.evaluate("document.querySelector('#note').hidden")


def test_colours_move_with_the_text_before_the_player_answers(page):
    numbers = (
        "[...[...document.querySelectorAll('.colours > div')].find(one => one.textContent.includes('lead'))"
        ".querySelectorAll('.is-number')].map(one => one.textContent)"
    )
    page.wait_for(f"{numbers}.join() === '220,0.2'")
    page.evaluate("(WebSocket.prototype.send = () => {}, 0)")  # nobody answers
    put_caret(page, "lead: {osc: {")
    page.type("x")
    page.evaluate("new Promise(requestAnimationFrame).then(() => 0)")
    assert "{xfreq: 220" in text_of(page) and page.evaluate(f"{numbers}.join()") == "220,0.2"
    put_caret(page, "# A test piece.")
    page.press("Enter")
    assert page.evaluate(f"{numbers}.join()") == "220,0.2"


def test_colours_of_all_lines_follow_a_mend_of_one(browser, player):
    broken = PIECE.replace("  mix:\n", "  mi\n")
    player.save(broken)
    player.play.wait_for("refused")
    page = opened(browser, player)
    beat = (
        "[...document.querySelectorAll('.colours > div')].find(one => one.textContent.includes('beat:'))"
        "?.querySelector('span')?.className"
    )
    page.wait_for(f"{beat} === 'is-unknown'")
    put_caret(page, "  mi")
    page.type("x:")
    page.wait_for(f"{beat} === 'is-name'")
    page.press("Backspace", "Backspace")
    page.wait_for(f"{beat} === 'is-unknown'")
    assert page.complaints == []
    page.close()


def test_sounds_of_another_file_have_their_colour(page):
    page.wait_for(FILE_FOCUSED)
    page.press("s")  # chooses sounds/more.yaml
    page.wait_for(f"{TEXT}.value === {json.dumps(MORE)}")
    put_caret(page, MORE)
    page.type("noon: night")
    page.wait_for("[...document.querySelectorAll('.colours .is-sound')].map(one => one.textContent).join() === 'night'")


def test_what_was_typed_in_one_go_is_one_step_of_undo(page):
    put_caret(page, "freq: 220")
    page.type("567")
    once = text_of(page)
    put_caret(page, "freq: 880")
    page.type("12")
    page.press("Backspace", "Backspace", "Backspace")
    assert text_of(page) == once.replace("freq: 880", "freq: 88")
    page.press("Control+z")
    assert text_of(page) == once.replace("freq: 880", "freq: 88012")
    page.press("Control+z")
    assert text_of(page) == once
    page.press("Control+z")
    assert text_of(page) == PIECE
    page.press("Control+Shift+z")
    assert text_of(page) == once
    page.press("Control+z")
    page.type("9")
    assert text_of(page) == PIECE.replace("freq: 220", "freq: 2209")
    at = PIECE.index("220")
    page.evaluate(f"{TEXT}.setSelectionRange({at}, {at} + 4)")
    page.type("245")  # what was selected goes with the first of them
    page.press("Control+z")
    assert "freq: 2209," in text_of(page)
    page.press("Control+Shift+z")
    assert text_of(page) == PIECE.replace("freq: 220", "freq: 245")


@pytest.mark.parametrize("focus", ["#play", "#sound", "body", "dialog"])
def test_a_save_elsewhere_leaves_undo_wherever_the_keyboard_is(page, player, focus):
    put_caret(page, "freq: 220")
    page.type("5")
    page.press("Control+s")
    page.wait_for(f"{SAVED} === 'saved'")
    page.evaluate("document.activeElement.blur()")
    page.press("?") if focus == "dialog" else page.evaluate(f"document.querySelector('{focus}').focus()")
    where = "[document.activeElement.id, document.querySelector('#keys').open]"
    before = page.evaluate(where)
    other = player.text.replace("freq: 110", "freq: 111")
    player.save(other)
    page.wait_for(f"{TEXT}.value === {json.dumps(other)}")
    assert page.evaluate(where) == before
    page.press("Escape")
    page.evaluate(f"{TEXT}.focus()")
    page.press("Control+z")
    assert text_of(page) == other.replace("freq: 111", "freq: 110")
    page.press("Control+z")
    assert text_of(page) == PIECE


def test_no_list_opens_when_somebody_else_saves(page, player):
    other = PIECE.replace("freq: 880", "freqq: 880")
    put_caret(page, "type: tri, ")
    player.save(other)
    page.wait_for(f"{TEXT}.value === {json.dumps(other)}")
    page.evaluate(
        """(window.asked = [], WebSocket.prototype.send = (send => function (text) {
            window.asked.push(JSON.parse(text).method); send.call(this, text) })(WebSocket.prototype.send), 0)"""
    )
    player.save(PIECE)
    page.wait_for(f"{TEXT}.value === {json.dumps(PIECE)} && window.asked.includes('tokens')")
    page.wait_for("window.asked.includes('hover')")  # which waits longer than the list
    assert "complete" not in page.evaluate("window.asked")
    page.type("a")
    page.wait_for("window.asked.includes('complete')")


def test_the_text_stays_where_it_is_when_messages_come_and_go(page, player):
    place = f"JSON.stringify((({{ left, top, width }}) => [left, top, width])({TEXT}.getBoundingClientRect()))"
    before = page.evaluate(place)
    player.save(MISTAKE)
    page.wait_for(f"{BANNER} !== '' && document.querySelector('#problem').getBoundingClientRect().height > 30")
    assert page.evaluate(place) == before
    put_caret(page, "frq: 220")
    page.type("5")
    player.save(PIECE)
    page.wait_for(f"{BANNER} === '' && {CONFLICT}")
    assert page.evaluate(place) == before
    page.press("Control+s")
    noticed(page, "/^Choose first/")
    assert page.evaluate(place) == before
    page.click("#take-theirs")
    page.wait_for(f"{SAVED} === 'saved'")
    assert page.evaluate(place) == before


TALL = PIECE + "".join(f"sound_{number}: {{osc: {{freq: {200 + number}, amp: 0.1}}}}\n" for number in range(60))
CARET_SEEN = f"""(area => {{ const {{ lineHeight, paddingTop }} = getComputedStyle(area);
    const line = area.value.slice(0, area.selectionEnd).split('\\n').length;
    const bottom = line * parseFloat(lineHeight) + parseFloat(paddingTop);
    const top = bottom - parseFloat(lineHeight);
    return top >= area.scrollTop && bottom <= area.scrollTop + area.clientHeight }})({TEXT})"""


@pytest.mark.parametrize("cut", [0, 12], ids=["whole", "cut below"])
def test_the_line_of_the_caret_stays_in_view_when_a_banner_takes_room(page, player, cut):
    page.look(height=657)
    player.save(TALL)
    page.wait_for(f"{TEXT}.value === {json.dumps(TALL)}")
    put_caret(page, "freq: 240")
    page.press("Backspace")
    page.type("x")
    bottom = (
        f"{TEXT}.scrollTop = 0, Array.from({{ length: 1200 }}).every((_, at) => ({TEXT}.scrollTop = at, !{CARET_SEEN}))"
    )
    page.evaluate(bottom)  # the line of the caret is the last that is seen
    page.evaluate(f"{TEXT}.scrollTop -= {cut}")
    height = page.evaluate(f"{TEXT}.clientHeight")
    page.press("Control+s")
    page.wait_for(f"{BANNER} !== '' && {TEXT}.clientHeight < {height} - 30")
    page.wait_for(CARET_SEEN)
    page.evaluate(f"{TEXT}.scrollTop = 0")
    player.save(TALL)
    page.wait_for(f"{BANNER} === '' && {TEXT}.clientHeight === {height}")
    assert not page.evaluate(CARET_SEEN), "who looks elsewhere stays there"


LONG = "".join(f"sound_{number}: {{osc: {{freq: {200 + number}, amp: 0.1}}}}\n" for number in range(70)) + PIECE
FORGED = """
const parse = JSON.parse;
window.forged = {};
JSON.parse = (...given) => { const made = parse(...given);
    if (made?.method === 'status') Object.assign(made.params, window.forged);
    return made };
"""
"""What the status tells is what the test says."""
GEOMETRY = """
window.geometry = () => {
    const [area, problem, list] = ['#text', '#problem', '#completion'].map(one => document.querySelector(one));
    const { lineHeight, paddingTop } = getComputedStyle(area);
    const box = area.getBoundingClientRect();
    const line = area.value.slice(0, area.selectionEnd).split('\\n').length;
    const top = box.top + parseFloat(paddingTop) + (line - 1) * parseFloat(lineHeight) - area.scrollTop;
    const row = { left: box.left, right: box.left + area.clientWidth, top, bottom: top + parseFloat(lineHeight) };
    const seen = { top: Math.max(box.top, visualViewport.offsetTop),
        bottom: Math.min(box.top + area.clientHeight, visualViewport.offsetTop + visualViewport.height) };
    const inside = (one, spare = 0.5) => one.top > seen.top - spare && one.bottom < seen.bottom + spare;
    const apart = (one, other) => one.bottom < other.top + 0.5 || one.top > other.bottom - 0.5;
    const free = [0.05, 0.5, 0.95].flatMap(part => [row.top + 5, row.bottom - 5].map(y =>
        document.elementFromPoint(row.left + part * (row.right - row.left), y)?.id)).every(id => id === 'text');
    const banner = problem.getBoundingClientRect();
    const shown = list.hidden ? null : list.getBoundingClientRect();
    const found = [];
    if (!inside(row, 4)) found.push('the line is not seen');
    if (!free) found.push('the line is covered');
    const letters = { ...row, bottom: Math.min(row.bottom, seen.bottom) }; // less than 4 px below them may be cut
    if (banner.height && !apart(letters, banner)) found.push('the problem lies over the line');
    if (banner.height && !apart(seen, banner)) found.push('the problem lies over the text');
    if (shown && !inside(shown)) found.push('the list is not inside the text');
    if (shown && !apart(row, shown)) found.push('the list lies over the line');
    if (shown && banner.height && !apart(shown, banner)) found.push('the list lies over the problem');
    if (shown && shown.height < 40) found.push('the list is too small');
    if (seen.bottom - seen.top < 100) found.push('there is no room for the text');
    const end = visualViewport.offsetTop + visualViewport.height;
    if (banner.height && banner.top + 20 > end) found.push('the problem is not seen');
    if (found.length) found.push(JSON.stringify({row, seen, banner, shown}));
    return found.join(', ');
};
"""
SHORT = {"level": "error", "file": "waves.yaml", "line": 3, "column": 1, "sentence": "no", "suggestion": ""}
MANY = [
    SHORT | {"sentence": f"expected a number or one node, got '{'x' * 300}' and {'again ' * number}"}
    for number in range(30)
]
WINDOWS = {
    "desk": {"width": 1280, "height": 800},
    "small window": {"width": 900, "height": 600},
    "phone": {"width": 390, "height": 844, "phone": True},
    "phone on its side": {"width": 844, "height": 390, "phone": True},
}


def in_place(page: Page, *where: Any) -> None:
    """Wait until nothing lies over the text: what was changed is laid out with the next picture."""
    found: list[str] = []
    try:
        page.until(lambda: found.append(page.evaluate("geometry()")) or not found[-1], "", 20)
    except AssertionError:
        raise AssertionError(f"{where}: {found[-1]}") from None


@pytest.mark.parametrize(
    ("window", "keyboard"),
    [("desk", 0), ("small window", 0), ("phone", 0), ("phone", 400), ("phone on its side", 0)],
)
def test_the_problem_of_the_moment_never_lies_over_the_text(browser, player, window, keyboard):
    player.save(LONG)
    page = opened(browser, player, **WINDOWS[window])
    page.call("Page.addScriptToEvaluateOnNewDocument", source=FORGED + GEOMETRY + KEYBOARD * bool(keyboard))
    page.reload()
    page.wait_for(f"{CONNECTED} && {TEXT}.value === {json.dumps(LONG)}")
    page.click("#text")
    if keyboard:
        page.evaluate(f"keyboard({keyboard}, 30)")
    for word, of_number in (("freq: 200", True), ("freq: 203", False), ("freq: 235", True), ("freq: 880", False)):
        at = LONG.index(word) + (7 if of_number else 2)  # the number has a slider, the name a list
        page.evaluate(f"document.querySelector('#at-caret').replaceChildren(), {TEXT}.setSelectionRange({at}, {at})")
        page.press("ArrowRight")
        page.wait_for(f"document.querySelector('#slider').hidden !== {json.dumps(of_number)}")
        page.wait_for("document.querySelector('#at-caret').innerText.includes('freq')")
        in_place(page, word)
        [at_first] = page.wait_for(f"{CONNECTED} && [{TEXT}.scrollTop]")  # a busy player has a row of its own
        for problems in ([SHORT], MANY[:1], MANY, []):
            page.evaluate(f"(window.forged = {{ problems: {json.dumps(problems)} }}, 0)")
            sentence = problems[0]["sentence"] if problems else ""
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            is_new = f"{BANNER}.includes({json.dumps(sentence)}) && {BANNER}.endsWith({json.dumps(more)})"
            page.wait_for(is_new if problems else f"{BANNER} === ''")
            in_place(page, word, len(problems))
            if not of_number:
                page.press("Control+ ")
                page.wait_for("!document.querySelector('#completion').hidden")
                page.press("ArrowDown")
                in_place(page, word, len(problems), "list")
                if problems is not MANY:  # these are over while the list is open
                    page.press("Escape")
                    page.wait_for("document.querySelector('#completion').hidden")
        page.wait_for(f"{CONNECTED} && Math.abs({TEXT}.scrollTop - {at_first}) < 10")
    if keyboard:
        page.evaluate("keyboard(0)")
    page.evaluate("document.body.classList.contains('writing') ? document.querySelector('#written').click() : 0")
    page.evaluate(f"(document.activeElement.blur(), window.forged = {{ problems: {json.dumps(MANY)} }}, 0)")
    page.wait_for(f"{BANNER} !== ''")
    in_place(page, "the keyboard is elsewhere")
    assert page.complaints == []
    page.close()


def test_the_caret_is_where_it_was_after_a_reload_with_unsaved_text(page, player):
    player.save(LONG)
    page.wait_for(f"{TEXT}.value === {json.dumps(LONG)}")
    put_caret(page, "freq: 265")
    page.type("5")
    caret = page.evaluate(f"{TEXT}.selectionStart")
    page.reload()
    page.wait_for(f"{TEXT}.value.includes('freq: 2655') && {CONNECTED}")
    assert page.evaluate(f"[{TEXT}.selectionStart, {TEXT}.selectionEnd, document.activeElement.id]") == [
        caret,
        caret,
        "text",
    ]
    assert page.evaluate(CARET_SEEN)
    page.type("7")
    assert "freq: 26557," in text_of(page)


@pytest.mark.parametrize("indent", ["", "  "])
def test_a_new_line_behind_one_that_is_longer_than_the_window_is_seen_from_its_start(page, player, indent):
    line = f"{indent}# {'long ' * 80}end of it"
    player.save(PIECE + line + "\n")
    page.wait_for(f"{TEXT}.value.endsWith('end of it\\n')")
    put_caret(page, "end of it")
    page.press("ArrowLeft", "ArrowRight")
    page.wait_for(f"{TEXT}.scrollLeft > 1000")
    page.press("Enter")
    page.wait_for(f"{TEXT}.scrollLeft === 0 && {TEXT}.value.endsWith('end of it\\n{indent}\\n')")


def test_the_sentence_of_a_problem_stands_once_on_the_page(browser, player):
    player.save(MISTAKE)
    player.play.wait_for("refused")
    page = opened(browser, player, **WINDOWS["phone"])
    page.wait_for(f"{BANNER} !== ''")
    page.click("#problem-go")
    page.wait_for("document.querySelector('#at-caret').textContent.includes('no parameter')")
    shown = (
        "[...document.querySelectorAll('#problem p, #at-caret p')]"
        ".filter(one => one.checkVisibility() && one.textContent.includes('no parameter')).length"
    )
    page.wait_for(f"{shown} === 1")
    page.look(width=1280)
    page.wait_for(f"innerWidth === 1280 && {shown} === 1")
    assert page.complaints == []
    page.close()


def test_what_the_trial_refused_is_played_by_its_button_or_key(page, player):
    loud = PIECE.replace("amp: 0.2}}\n    beat", "amp: 900}}\n    beat")
    shown = "!document.querySelector('#problem #accept').hidden"
    first = "document.querySelector('#report-list').firstElementChild?.innerText ?? ''"
    player.save(loud)
    player.play.wait_for("refused")
    page.wait_for(f"{shown} && {BANNER}.includes('dBFS')")
    page.wait_for(f"({first}).includes('“Play it anyway” accepts it')")
    player.save(PIECE)  # what plays
    page.wait_for(f"!({shown}) && {BANNER} === ''")
    player.save(loud)
    player.play.wait_for("refused")
    page.wait_for(shown)
    page.evaluate("document.activeElement.blur()")
    page.press("F")
    player.play.wait_for("reloaded")
    page.wait_for(f"!({shown})")
    page.press("h")
    player.play.wait_for("hold")
    player.save(PIECE)
    player.play.wait_for("checked")
    page.wait_for(f"({first}).includes('waits for “Hold”')")
    page.press("h")
    player.play.wait_for("reloaded")


def test_a_warning_of_what_plays_is_shown_until_it_is_closed(page, player):
    player.save(PIECE.replace("amp: 0.2}}\n    beat", "amp: 15}}\n    beat"))
    player.play.wait_for("reloaded")
    page.wait_for(f"{BANNER}.includes('the limiter turns everything down')")
    look = "document.querySelector('#problem').className"
    assert page.evaluate(look).split() == ["banner", "shown", "warning"]
    page.wait_for("document.title === 'my_sound – waves'")
    page.click("#problem-go")
    assert page.evaluate(f"{TEXT}.selectionStart") == PIECE.index("osc: {freq: 220")
    page.click("#problem-close")
    assert page.evaluate(BANNER) == "" and page.evaluate(look) == "banner error"
    assert page.evaluate("document.querySelectorAll('#problem-list .warning').length") == 1


# Keys


def test_a_value_begins_one_step_deeper_than_its_name(page):
    put_caret(page, "  mix:")
    page.press("Enter")
    page.type("x:")
    page.press("Enter")
    page.type("y")
    assert "  mix:\n    x:\n      y\n    lead" in text_of(page)
    put_caret(page, "night: {osc: {freq: 110, amp: 0.2}}")
    page.press("Enter")
    page.type("z: 1")
    page.press("Enter")
    page.type("z")
    assert text_of(page).endswith("amp: 0.2}}\nz: 1\nz\n")


def test_the_keys_open_from_the_list_of_files(page):
    page.wait_for(FILE_FOCUSED)
    page.press("?")
    page.wait_for("document.querySelector('#keys').open")


def test_tab_leaves_the_text_after_escape_only(page):
    put_caret(page, "# A test piece.")
    page.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text" and text_of(page) == PIECE
    noticed(page, "/^Escape, then Tab, leaves the text.$/")
    page.press("Escape", "Tab")
    assert page.evaluate("document.activeElement.id") != "text" and text_of(page) == PIECE
    page.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.press("Tab")  # nothing was written: who walks past is not stopped
    assert page.evaluate("document.activeElement.id") != "text"
    page.press("?")
    page.wait_for("document.querySelector('#keys').open")
    page.click("#tab-indents")
    page.press("Escape")
    put_caret(page, "# A test piece.")
    page.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text" and "# A test piece.  \n" in text_of(page)
    page.press("Escape", "Tab")
    assert page.evaluate("document.activeElement.id") != "text"
    page.evaluate("localStorage.clear()")


def test_a_new_line_begins_as_far_right_and_is_one_step_of_undo(page):
    put_caret(page, "amp: 0.2}}")
    page.press("Enter")
    page.type("x")
    assert "amp: 0.2}}\n    x\n" in text_of(page)
    page.press("Control+z", "Control+z")
    assert text_of(page) == PIECE


@pytest.mark.parametrize("width", [1280, 390])
def test_f6_goes_to_each_part_of_the_page_and_back(page, width):
    page.look(width=width, phone=width < 900)
    here = "document.activeElement.id || document.activeElement.textContent"
    parts = ["play", "text", "Tracks", "Reports", "play"]
    found = []
    for key in ["F6"] * 5 + ["Shift+F6"] * 4:
        page.press(key)
        found.append(page.evaluate(here))
    assert found == parts + parts[3::-1]
    page.evaluate("document.activeElement.blur()")
    page.press("Shift+F6")
    assert page.evaluate(here) == "Reports"


def test_the_piece_is_played_by_keyboard_alone(page, player):
    page.press("F6")
    assert page.evaluate("document.activeElement.id") == "play"
    page.press("F6")
    assert page.evaluate("document.activeElement.id") == "text"
    page.press("Control+.")
    assert player.play.wait_for("hushed")["hushed"] is True
    page.wait_for("document.querySelector('#hush').getAttribute('aria-pressed') === 'true'")
    page.press("Control+.")
    assert player.play.wait_for("hushed")["hushed"] is False
    page.press("Escape", "Tab", "-")
    assert player.play.wait_for("volume")["level"] == -1.0
    page.press("+")
    assert player.play.wait_for("volume")["level"] == 0.0
    page.press("t", "t", "m")
    assert player.play.wait_for("track_switched")["on"] is True
    page.wait_for("document.querySelector('[aria-label=\"Mute beat\"]').getAttribute('aria-pressed') === 'true'")
    page.press("T", "s")
    page.wait_for("document.querySelector('[aria-label=\"Solo lead\"]').getAttribute('aria-pressed') === 'true'")
    page.press("s", "t", "m")
    page.wait_for("document.querySelectorAll('#track-list [aria-pressed=true]').length === 0")
    page.press("h")
    assert player.play.wait_for("hold")["held"] is True
    page.press("h")
    assert player.play.wait_for("hold")["held"] is False


@pytest.mark.parametrize("window", ["desk", "phone"])
def test_who_writes_goes_on_writing_after_a_click_on_a_control(browser, player, window):
    play_the_piece(player)
    page = opened(browser, player, **WINDOWS[window])
    press = (lambda one: tap(page, one)) if window == "phone" else page.click
    put_caret(page, "freq: 220")
    doing = "document.querySelector('#doing').textContent"
    press("#record")
    player.play.wait_for("recording")
    page.wait_for(f"{doing}.startsWith('playing, recording my_sound_')")
    page.type("1")
    press("#save")
    player.play.wait_for("reloaded")
    press("#save")  # which is off now
    page.type("3")
    if window == "desk":
        for one in ["#track-list .switches button"] * 2 + ["#panels summary"] * 2:
            press(one)
        press("#transport .music")
        page.drag("#volume", 0.9, 0.8)
        player.play.wait_for("volume")
        page.evaluate(  # a list whose row was chosen by the pointer
            "(file => { file.dispatchEvent(new MouseEvent('mousedown', { bubbles: true })); file.focus();"
            "file.dispatchEvent(new Event('change', { bubbles: true })) })(document.querySelector('#file'))"
        )
    page.type("0f")
    press("#record")
    player.play.wait_for("recorded")
    assert "freq: 220130f," in text_of(page) and page.evaluate("document.title") == "my_sound – waves"
    assert page.complaints == []
    page.close()


def test_a_letter_that_is_no_key_is_told_and_none_is_one_on_the_slider(page):
    put_caret(page, "amp: 0.2")
    page.wait_for("document.querySelector('#slider output').textContent === '0.2'")  # of a factor no unit is said
    page.evaluate("document.querySelector('#slider-range').focus()")
    page.type("3n")
    page.evaluate("document.activeElement.blur()")
    page.press("f")
    noticed(page, "/^“f” is no key of the page: /")
    page.wait_for("document.title === 'my_sound – waves'")
    put_caret(page, "freq: 22")
    page.wait_for("document.querySelector('#slider output').textContent === '220 Hz'")


# Transport and panels


def test_the_last_report_is_seen_beside_the_text_and_a_panel_that_is_opened(page, player):
    page.look(width=1280, height=757)
    put_caret(page, "freq: 220")
    page.type("5")
    page.press("Control+s")
    said = player.play.wait_for("reloaded")["text"]
    page.wait_for(f"document.querySelector('#last').textContent === {json.dumps(said)}")
    assert page.evaluate("document.querySelector('#last').getBoundingClientRect().bottom < 120")
    page.evaluate("document.querySelector('#panels').scrollTop = 0")
    box = "(one => document.querySelector(one).getBoundingClientRect())"
    page.evaluate("document.querySelector('#ab').closest('details').querySelector('summary').click()")
    page.wait_for(f"{box}('#version-list').height && {box}('#version-list').bottom <= {box}('#panels').bottom")


def test_on_a_phone_a_notice_covers_no_control_above_the_text(browser, player):
    play_the_piece(player)
    page = opened(browser, player, width=390, height=844, phone=True)
    covers = (
        "(({ top, bottom }) => [...document.querySelectorAll('#transport *, #writing > .tools :is(button, select)')]"
        ".filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())"
        ".filter(box => box.height && box.bottom > top && box.top < bottom).length)"
        "(document.querySelector('#notice').getBoundingClientRect())"
    )
    shown = "document.querySelector('#notice.shown') !== null"
    tap(page, "#redo")
    page.wait_for(shown)
    assert page.evaluate("document.querySelector('#notice').textContent") == "there is no later version"
    assert page.evaluate(covers) == 0
    put_caret(page, "freq: 220")
    page.press("Tab")
    page.wait_for(shown)
    assert page.evaluate(covers) == 0 and page.evaluate("document.body.className") == "writing"
    page.close()


def test_in_a_short_window_a_problem_is_told_beside_the_text_and_some_lines_are_seen(browser, player):
    page = opened(browser, player, width=390, height=440, phone=True)
    lines = "(440 - document.querySelector('#editor').getBoundingClientRect().top) / 26"
    assert page.evaluate(lines) >= 3.5
    assert not page.evaluate("document.querySelector('#problem-below').checkVisibility()")
    player.save(MISTAKE)
    page.wait_for(f"{BANNER} !== '' && document.querySelector('#problem-below').checkVisibility()")
    assert page.evaluate(lines) >= 3.5
    tap(page, "#problem-below")
    box = "document.querySelector('#problem').getBoundingClientRect()"
    page.wait_for(f"{box}.top >= 0 && {box}.bottom < 441")
    page.wait_for("document.querySelector('#problem-below').hidden")
    assert page.complaints == []
    page.close()


def test_the_transport_shows_and_does_what_the_player_does(page, player):
    page.wait_for("Number(document.querySelector('#bar').textContent) > 0")
    assert page.evaluate("document.querySelector('#tempo-value').textContent") == "120"
    page.click("#play")
    player.play.wait_for("paused")
    page.wait_for("document.querySelector('#play').textContent === 'Play'")
    report(page, "paused")
    page.click("#play")
    player.play.wait_for("resumed")
    page.wait_for("document.querySelector('#play').textContent === 'Pause'")
    page.drag("#volume", 0.9, 0.5)
    player.play.wait_for("volume")
    page.wait_for("Number.parseFloat(document.querySelector('#volume-value').textContent) < -20")
    page.evaluate("document.activeElement.blur()")
    page.press(*["+"] * 3)
    player.play.wait_for("volume")


@pytest.mark.parametrize("width", [1280, 1024, 900])
def test_nothing_moves_in_a_late_bar_or_while_a_recording_runs(page, width):
    page.look(width=width)
    page.evaluate(f"(() => {{ {FORGED} }})()")
    early = {"bar": 1, "beat": 1.5, "tempo": 60.0, "seconds": 0.0, "recording": "", "volume": 0.0}
    late = {"bar": 9999, "beat": 12.5, "tempo": 127.54, "seconds": 19998.0, "volume": -60.0}
    disk = {"recording": "long.wav", "recording_seconds": 4000.0, "recording_interrupted": True}
    places = """JSON.stringify([...document.querySelectorAll('#transport, #transport *:not(small, option), #editor')]
        .filter(one => !one.parentElement.closest('.figure, #record')).map(one => one.getBoundingClientRect())
        .map(({ left, top, width, height }) => [left, top, width, height].map(Math.round)))"""
    found = []
    recorded = "document.querySelector('#recorded').textContent"
    for status in (early, late, late | disk, early | {"beat": None, "bar": None}):
        page.evaluate(f"(window.forged = {json.dumps(status)}, 0)")
        page.wait_for(f"document.querySelector('#bar').textContent === '{status['bar'] or '–'}'")
        page.wait_for(f"({recorded} !== '') === {json.dumps(bool(status.get('recording')))}")
        found.append(page.evaluate(places))
    assert len(set(found)) == 1
    if width == 1280:
        assert page.evaluate("document.querySelector('#transport').offsetHeight") < 70, "one row"


def test_a_recording_says_what_its_button_does_how_long_it_runs_and_its_file(page, player):
    word, shown = (
        "document.querySelector('#record').firstElementChild.textContent",
        "document.querySelector('#recorded')",
    )
    assert page.evaluate(f"[{word}, {shown}.textContent]") == ["Record", ""]
    page.evaluate("document.querySelector('#record').focus()")
    page.press("Enter")
    player.play.wait_for("recording")
    page.wait_for(f"{word} === 'Stop recording' && {shown}.textContent === '0:00'")
    page.wait_for(f"{shown}.textContent === '0:01'")
    [button] = [one for one in page.accessible() if one["role"] == "button" and one["name"] == "Stop recording"]
    assert button["description"].startswith("0:0")
    process = player.play.process.pid
    before = resource.prlimit(process, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))  # the disk is full
    page.wait_for(f"{shown}.textContent.endsWith('interrupted')")
    page.wait_for(f"{BANNER}.includes('the recording is interrupted')")
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)
    page.wait_for(f"!{shown}.textContent.endsWith('interrupted') && !{BANNER}.includes('the recording is interrupted')")
    page.evaluate("document.querySelector('#record').blur()")
    page.press("c")
    told = player.play.wait_for("recorded")
    file = Path(player.play.folder, told["path"])
    assert file.stat().st_size > 0
    page.wait_for(f"window.notices.some(one => one.includes({json.dumps(f'{file.name}, in ')}))")
    page.wait_for(f"{word} === 'Record' && {shown}.textContent === ''")


def test_another_sound_is_chosen_and_one_that_cannot_play_alone_is_refused(page, player):
    sound = "document.querySelector('#sound')"
    page.wait_for(f"[...{sound}.options].map(one => one.value).join() === 'my_sound,blip,night,morning'")
    page.evaluate(f"{sound}.focus()")
    page.press("n")
    page.evaluate(f"(window.shown = new Set(), setInterval(() => window.shown.add({sound}.value), 10), 0)")
    page.wait_for("document.title === 'night – waves'")
    player.save(player.text.replace("freq: 110", "freq: 111"))  # the list is made again
    player.play.says("waves.yaml")
    page.wait_for(f"{TEXT}.value.includes('freq: 111') && {SAVED} === 'saved'")
    assert page.evaluate("[...window.shown].join()") == "night"
    assert page.evaluate(f"{TEXT}.selectionStart") == text_of(page).index("night:")
    page.evaluate("document.activeElement.blur()")
    page.press("1")
    page.wait_for(f"document.title === 'my_sound – waves' && {sound}.value === 'my_sound'")
    page.wait_for(f"{TEXT}.selectionStart === {PIECE.index('my_sound:')}")
    page.press("4")
    page.wait_for(
        f"document.querySelector('#file').value === 'sounds/more.yaml' && {TEXT}.value === {json.dumps(MORE)}"
    )
    assert page.evaluate("document.activeElement.id") != "text"
    page.press("1")
    page.wait_for(f"document.title === 'my_sound – waves' && {TEXT}.value.includes('my_sound:')")
    put_caret(page, "freq: 880")
    page.type("1")
    before = page.evaluate(f"{TEXT}.selectionStart")
    page.evaluate(f"{sound}.value = 'night', {sound}.dispatchEvent(new Event('change'))")
    page.wait_for("document.title === 'night – waves'")
    assert page.evaluate(f"{TEXT}.selectionStart") == before, "where is written"
    page.evaluate(f"{sound}.value = 'my_sound', {sound}.dispatchEvent(new Event('change'))")
    page.wait_for("document.title === 'my_sound – waves'")


COUNTED = """
import('/player/connection.js').then(({ Connection }) => { const request = Connection.prototype._request;
    window.asked = 0;
    Connection.prototype._request = function (...given) { window.asked += 1;
        const answer = request.apply(this, given), over = () => setTimeout(() => (window.asked -= 1));
        answer.then(over, over);
        return answer } })
"""
"""The number of requests whose answers, and what follows from these, are waited for."""


def test_of_sounds_that_are_chosen_one_upon_the_other_the_text_goes_to_the_last(page):
    page.evaluate(COUNTED)
    page.press("4", "1")  # the first is in another file, where it is found later
    page.wait_for("window.asked === 0")
    assert page.evaluate("document.querySelector('#file').value") == "waves.yaml"
    assert page.evaluate(f"{TEXT}.selectionStart") == PIECE.index("my_sound:")


def test_a_sound_that_is_on_its_way_is_shown_as_chosen(page):
    page.press("1")
    page.wait_for("document.title === 'my_sound – waves'")
    page.evaluate(f"(() => {{ {FORGED} }})()")
    chosen = "[...document.querySelectorAll('#sound option:checked')].map(one => one.textContent).join()"
    page.evaluate("(window.forged = {upcoming_sounds: ['night']}, 0)")
    page.wait_for(f"{chosen} === 'night …'")
    assert page.evaluate("document.querySelector('#sound').title") == "night is on its way; my_sound plays"
    page.evaluate("(window.forged = {}, 0)")
    page.wait_for(f"{chosen} === 'my_sound'")


def test_tracks_lead_to_their_lines_and_the_sound_is_drawn(page):
    page.wait_for("document.querySelectorAll('#track-list li').length === 2")
    page.click("#track-list li:nth-child(2) button")
    assert page.evaluate(f"{TEXT}.selectionStart") == PIECE.index("beat:")
    page.wait_for("Number.parseFloat(document.querySelector('#level-value').textContent) > -60")
    drawn = """(id => { const canvas = document.getElementById(id);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(data.buffer)).size })"""
    for canvas in ("scope", "spectrum", "level", "loudness-scale"):
        page.evaluate(f"document.querySelector('#{canvas}').scrollIntoView()")
        page.wait_for(f"{drawn}('{canvas}') > 2")


WIDE = (
    "my_sound: {mix: {" + ", ".join(f"part_{at}: {{osc: {{freq: {200 + at}, amp: 0.02}}}}" for at in range(8)) + "}}\n"
)
WORD_SEEN = """(word => {
    const span = [...document.querySelectorAll('.colours span')].find(one => one.textContent === word);
    const [box, area] = [span, document.querySelector('#text')].map(one => one?.getBoundingClientRect());
    return box && area.left <= box.left && box.right <= area.right && area.top <= box.top && box.bottom <= area.bottom
})"""


@pytest.mark.parametrize("way", ["mouse", "keyboard", "phone"])
def test_a_track_leads_to_its_word_sideways_too(browser, player, way):
    player.save(WIDE)
    look = {"width": 390, "height": 844, "scale": 2, "phone": True} if way == "phone" else {}
    page = opened(browser, player, **look)
    page.wait_for("document.querySelectorAll('#track-list li').length === 8")
    page.wait_for("document.querySelectorAll('.colours .is-name').length >= 8")
    for at in (6, 1, 8, 3, 3):
        word = f"[...document.querySelectorAll('.colours .is-name')].find(one => one.textContent === 'part_{at - 1}')"
        edge = f"{word}.getBoundingClientRect().left - {TEXT}.getBoundingClientRect().left"
        if at == 3:  # cut off by the left edge, then by the right one
            page.evaluate(f"{TEXT}.scrollLeft += {edge} - 20 + 30")
        if way == "keyboard":
            page.evaluate(f"document.querySelector('#track-list li:nth-child({at}) button').focus()")
            page.press("Enter")
        else:
            page.click(f"#track-list li:nth-child({at}) button")
        page.wait_for(f"{TEXT}.selectionStart === {WIDE.index(f'part_{at - 1}:')}")
        page.wait_for(f"{WORD_SEEN}('part_{at - 1}')")
        if way == "phone":
            page.click("#written")
        page.evaluate(f"{TEXT}.scrollLeft += {edge} + 20 - {TEXT}.clientWidth")
    assert page.complaints == []
    page.close()
    play_the_piece(player)


def test_the_pictures_have_scales_with_units(page):
    page.evaluate(
        """(() => { window.written = {};
            const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
                (window.written[this.canvas.id] ??= {})[text] = [x, y]; fillText.call(this, text, x, y) } })()"""
    )
    scales = {
        "scope": ["0", "10 ms", "1", "−1"],  # 512 frames are 11.6 ms
        "spectrum": ["100", "1k", "10k Hz", "0 dB", "−24", "−96"],
        "level": ["−15", "−5", "0 s", "0 dB", "−48", "RMS", "peak"],
        "loudness-scale": ["−60", "−24", "0 LUFS"],
    }
    for canvas, words in scales.items():
        page.evaluate(f"document.querySelector('#{canvas}').scrollIntoView()")
        page.wait_for(f"{json.dumps(words)}.every(word => word in (window.written['{canvas}'] ?? {{}}))")
    assert all(y < 0 for _, y in page.evaluate("['RMS', 'peak'].map(text => window.written.level[text])")), (
        "not over it"
    )
    place = page.evaluate("['100', '1k'].map(text => window.written.spectrum[text])")
    width = page.evaluate("document.querySelector('#spectrum').clientWidth") - 48
    assert abs(place[1][0] - place[0][0] - width / 3) < 4, "a decade is a third of the way from 20 Hz to 20 kHz"


def test_the_loudness_is_shown_in_lufs(page):
    loud = "(at => { at.value = 0; at.dispatchEvent(new Event('input')) })(document.querySelector('#volume'))"
    page.evaluate(loud)
    page.wait_for("document.querySelector('#volume-value').textContent === '0.0 dB'")
    page.press("3")  # night: a sine of 0.2 in both channels, -13.98 dBFS; 110 Hz is 1.63 dB below 997 Hz
    page.wait_for("document.title === 'night – waves'")
    for name in ("momentary", "short"):
        number = f"Number.parseFloat(document.querySelector('#loudness-{name}').textContent)"
        page.wait_for(f"{number} === -15.6")
    page.wait_for("document.querySelector('#loudness').innerText.endsWith('LUFS in 3 s')")
    page.press("1")
    page.wait_for("document.title === 'my_sound – waves'")


def test_the_chosen_track_and_that_at_the_caret_are_marked(page):
    page.wait_for("document.querySelectorAll('#track-list li').length === 2")
    marked = "[...document.querySelectorAll('#track-list {}')].map(one => one.textContent.replace('MS', '')).join()"
    here, chosen = marked.format(".here"), marked.format(".chosen:has([aria-current])")
    for word, track in (("lead: {", "lead"), ("steps: [", "beat"), ("    beat", "beat"), ("blip: {", ""), ("mix:", "")):
        put_caret(page, word)
        page.wait_for(f"{here} === '{track}'")
    page.evaluate("document.activeElement.blur()")
    before = page.evaluate(chosen)
    page.press("t")
    page.wait_for(f"{chosen} !== '' && {chosen} !== '{before}'")
    first = page.evaluate(chosen)
    page.press("T")
    page.wait_for(f"{chosen} !== '' && {chosen} !== '{first}'")
    page.press("m")
    page.wait_for(
        "document.querySelector('#track-list .chosen [aria-label^=Mute]').getAttribute('aria-pressed') === 'true'"
    )
    page.press("m")
    page.wait_for("!document.querySelector('#track-list [aria-pressed=true]')")


def test_tracks_show_their_levels(page):
    level = "(at => { const meter = document.querySelectorAll('#track-list .meter')[at];"
    fill = "new DOMMatrix(getComputedStyle(meter.querySelector('.fill')).transform).a"
    page.wait_for(
        f"{level} return meter && !meter.hidden && Math.abs({fill} - 0.717) < 0.02 }})(0)"
    )  # -17 dB of -60: a sine of 0.2
    page.wait_for(f"{level} return {fill} > 0.5 }})(1)")


def test_a_monitored_node_is_shown_with_its_value(page, player):
    player.save(PIECE.replace("freq: 220", "freq: {osc: {type: cos, freq: 0, amp: 330, monitor: {range: [0, 660]}}}"))
    row = "document.querySelector('#monitor-list li')"
    page.wait_for(f"{row}?.querySelector('.number').textContent === '330'")
    assert page.evaluate(f"{row}.querySelector('.name').textContent") == "my_sound.mix.lead.osc.freq.osc"
    fill = f"new DOMMatrix(getComputedStyle({row}.querySelector('.fill')).transform).a"
    assert page.evaluate(fill) == pytest.approx(0.5, abs=0.01)
    player.save(PIECE)
    page.wait_for(f"!{row}")


def test_steps_light_up_where_they_stand_now(page):
    lit = "[...document.querySelectorAll('.marks .step')].map(one => one.textContent)"
    page.wait_for(f"{lit}.includes('blip')")
    put_caret(page, "# A test piece.")
    page.press("Enter")  # what follows is a line lower
    page.wait_for(f"{lit}.includes('blip v.5')")
    row = "document.querySelector('.marks .step').parentElement.style.top"
    height = page.evaluate(f"parseFloat(getComputedStyle({TEXT}).lineHeight)")
    pad = page.evaluate(f"parseFloat(getComputedStyle({TEXT}).paddingTop)")
    assert page.wait_for(f"document.querySelector('.marks .step') && {row}") == f"{pad + 5 * height:g}px"


LIT = "[...document.querySelectorAll('.marks .step')].map(one => one.textContent)"
OTHER = f"{SAVED} === 'saved, another text plays'"


def test_a_moved_value_is_marked_and_so_is_its_number_in_vars(page, player):
    player.save("vars: {pitch: 220}\n" + PIECE.replace("freq: 220", "freq: pitch"))
    player.play.wait_for("reloaded")
    page.wait_for(f"{TEXT}.value.startsWith('vars')")
    marked = "[...document.querySelectorAll('.marks .moved')].map(one => one.textContent).sort().join()"
    assert page.evaluate(marked) == ""
    name = "my_sound.mix.lead.osc.freq"
    with Client(player.address) as client:
        client.call("setValue", name=name, value=330)
        page.wait_for(f"{marked} === '220,pitch'")
        client.call("setValue", name=name, value=220)
        page.wait_for(f"{marked} === ''")  # it is what the text says
        client.call("setValue", name=name, value=330)
        page.wait_for(f"{marked} === '220,pitch'")
        client.call("releaseValue", name=name)
    page.wait_for(f"{marked} === ''")


def lit_row(page: Page, step: str) -> int:
    """The row of a step, from 1, while it is lit."""
    row = (
        "(() => { const found = [...document.querySelectorAll('.marks .step')]"
        f".find(one => one.textContent === '{step}');"
        f"const {{ lineHeight, paddingTop }} = getComputedStyle({TEXT});"
        "return found && Math.round((parseFloat(found.parentElement.style.top) - parseFloat(paddingTop))"
        " / parseFloat(lineHeight)) + 1 })()"
    )
    return int(page.wait_for(row))


def test_words_of_a_pattern_light_up_in_turn(page, player):
    text = PIECE.replace(
        "{sequencer: {interval: 0.2, steps: [blip, ~, blip v.5, ~]}}", '{play: "blip [~ blip:v.5] turn"}'
    )
    player.save(text + 'patterns: {turn: "<blip:v.2 blip:v.3>"}\n')
    player.play.wait_for("reloaded")
    page.wait_for(f"{TEXT}.value.includes('turn')")
    for word in ("blip", "blip:v.5", "blip:v.2", "blip", "blip:v.5", "blip:v.3", "blip"):
        page.wait_for(f"{LIT}.join() === '{word}'")
    assert lit_row(page, "blip:v.5") == 5 and lit_row(page, "blip:v.2") == 8
    player.save(PIECE)
    player.play.wait_for("reloaded")
    page.wait_for(f"{LIT}.join() === 'blip v.5'")


def test_steps_are_lit_while_the_file_is_refused(browser, page, player):
    player.save("# One line more.\n" + MISTAKE)
    player.play.wait_for("refused")
    page.wait_for(f"{TEXT}.value.startsWith('# One') && {OTHER}")
    assert lit_row(page, "blip v.5") == 6
    second = opened(browser, player)  # that never saw the text that plays
    assert lit_row(second, "blip v.5") == 6 and second.evaluate(SAVED) == page.evaluate(SAVED)
    second.click("#track-list li:nth-child(2) button")
    assert second.evaluate(f"{TEXT}.selectionStart") == text_of(second).index("beat:")
    assert second.complaints == []
    second.close()
    player.save(MISTAKE.replace("blip v.5", "blip v.4"))
    player.play.wait_for("refused")
    page.wait_for(f"{TEXT}.value.includes('blip v.4')")
    page.wait_for(f"{LIT}.length === 0")  # another step than the one that sounds
    player.save(PIECE)
    page.wait_for(f"{SAVED} === 'saved'")
    assert lit_row(page, "blip v.5") == 5


def test_steps_are_lit_while_an_earlier_version_plays(page, player):
    player.save("# One line more.\n" + PIECE.replace("freq: 220", "freq: 330"))
    player.play.wait_for("reloaded")
    page.wait_for(f"{TEXT}.value.startsWith('# One') && {SAVED} === 'saved'")
    assert lit_row(page, "blip v.5") == 6
    page.click("#undo")
    player.play.wait_for("version")
    page.wait_for(OTHER)
    assert "freq: 330" in text_of(page) and lit_row(page, "blip v.5") == 6
    page.click("#redo")
    page.wait_for(f"{SAVED} === 'saved'")


FIRST = "document.querySelector('#version-list li')"
SECOND = "document.querySelector('#version-list li:nth-child(2)')"
PLAYS = "classList.contains('playing')"
WITH_330 = PIECE.replace("freq: 220", "freq: 330")


def hear_330(page: Page, player: Player) -> int:
    """Save another frequency, until its version plays and the page knows: its number. The versions are shown."""
    page.evaluate("document.querySelector('#ab').closest('details').open = true")
    before = page.wait_for(f"parseInt({FIRST}?.textContent)")
    player.save(WITH_330)
    page.wait_for(f"{TEXT}.value.includes('freq: 330') && parseInt({FIRST}.textContent) === {before + 1}")
    page.wait_for(f"{FIRST}.{PLAYS} && {FIRST}.innerText.includes('lead: freq 220 → 330')")
    return int(before) + 1


def test_versions_are_heard_in_turn_and_restored(page, player):
    number = hear_330(page, player)
    page.press("Control+,")  # in the text
    noticed(page, f"/^A.B: version {number - 1} instead of {number}, without: lead: freq 220 → 330$/")
    page.wait_for("document.querySelector('#doing').textContent.includes('older than the file')")
    assert "freq: 330" in player.text and "freq: 330" in text_of(page)
    page.wait_for(f"{SECOND}.{PLAYS}")
    page.evaluate("document.activeElement.blur()")
    page.press("b")
    page.wait_for(f"{FIRST}.{PLAYS}")
    page.click("#ab")
    page.wait_for(f"{SECOND}.{PLAYS}")
    page.click("#ab")
    page.wait_for(f"{FIRST}.{PLAYS}")
    page.click("#version-list li:nth-child(2) button:last-child")
    noticed(page, f"/^version {number - 1} is in the files; /")
    page.wait_for(f"{TEXT}.value === {json.dumps(PIECE)}")
    assert player.text == PIECE
    assert page.evaluate("document.activeElement.id") == "ab", "another Enter restores nothing"


def test_the_version_that_is_asked_for_is_heard_though_another_save_took_effect(page, player):
    number = hear_330(page, player)
    page.evaluate(
        """(window.missed = false, JSON.parse = (parse => (...given) => { const made = parse(...given);
            if (made?.method === 'reloaded' && made.params.text.includes('440')) {
                made.method = 'nothing', window.missed = true }
            return made })(JSON.parse), 0)"""
    )
    player.save(PIECE.replace("freq: 220", "freq: 440"))
    page.wait_for("window.missed")
    page.evaluate("document.querySelector('#ab').click()")
    noticed(page, f"/^A.B: version {number - 1} instead of {number}, without: lead: freq 220 → 330$/")
    page.wait_for(f"{SECOND}.nextElementSibling.{PLAYS} && {FIRST}.textContent.startsWith('{number + 1},')")
    page.click("#version-list li:nth-child(2) button")
    page.wait_for(f"{SECOND}.{PLAYS}")


def test_a_second_turn_takes_back_the_first_though_that_is_on_its_way(page, player):
    number = hear_330(page, player)
    page.evaluate("(document.querySelector('#ab').click(), document.querySelector('#ab').click())")
    noticed(page, f"/^A.B: version {number} instead of {number - 1}, with: lead: freq 220 → 330$/")
    page.wait_for(f"{SAVED} === 'saved' && {FIRST}.{PLAYS}")


def test_an_answer_that_is_lost_is_asked_for_again(browser, player):
    play_the_piece(player)
    soon = "window.setTimeout = (set => (call, time) => set(call, time === 20000 ? 2000 : time))(setTimeout);"
    page = opened(browser, player, NOTED + PATIENT + soon)
    page.evaluate(
        """(window.lost = 0, JSON.parse = (parse => (...given) => { const made = parse(...given);
            if (!window.lost && made?.result?.[0]?.change !== undefined) made.id = -1, window.lost = 1;
            return made })(JSON.parse), 0)"""
    )
    assert hear_330(page, player) and page.evaluate("window.lost") == 1
    assert page.complaints == []
    page.close()


def test_keys_in_quick_turn_are_done_in_their_order(page, player):
    number = hear_330(page, player)
    put_caret(page, "freq: 330")
    page.type("5")
    page.press("Control+s", "Control+,")  # what was saved is no reason to hear another version
    noticed(page, f"/^A.B: version {number - 1} instead of /")
    page.wait_for(f"{SAVED} === 'saved, another text plays' && {TEXT}.value.includes('freq: 3305')")
    assert player.text == text_of(page)
    page.evaluate("document.activeElement.blur()")
    page.press("t", "m", "m", "m", "t", "s", "s", "s", "s")
    mute = "document.querySelector('#track-list .unheard:not(.chosen) [aria-label^=Mute][aria-pressed=true]')"
    page.wait_for(f"{mute} !== null")
    page.press("T", "m", "U", "u", "U")
    page.wait_for("document.querySelectorAll('#track-list :is(.unheard, [aria-pressed=true])').length === 0")
    page.wait_for(f"document.querySelector('#doing').textContent.includes('version {number} of ')")


def test_a_save_that_is_on_its_way_when_the_page_is_loaded_again_is_no_conflict(page, player):
    put_caret(page, "freq: 220")
    page.type("5")
    page.press("Control+s")
    page.reload()
    page.wait_for(f"{CONNECTED} && {SAVED} === 'saved' && {TEXT}.value.includes('freq: 2205')")
    assert player.text == text_of(page) and not page.evaluate(CONFLICT)


def test_versions_can_be_heard_though_they_were_listed_before_the_player_told_its_state(browser, player):
    play_the_piece(player)
    late = """
    JSON.parse = (parse => (...given) => { const made = parse(...given);
        if (made?.method === 'status' && !document.querySelector('#version-list li')) {
            made.method = 'reloaded', made.params = { event: 'reloaded', time: 0, text: '', problems: [] } }
        return made })(JSON.parse);
    """
    page = opened(browser, player, NOTED + PATIENT + late)
    page.wait_for(f"{FIRST}.{PLAYS} && {ENABLED}.some(one => one.startsWith('Restore'))")
    assert page.complaints == []
    page.close()


def test_a_version_in_which_the_sound_cannot_play_is_told_and_not_heard(page, player):
    page.evaluate("document.querySelector('#ab').closest('details').open = true")
    before = int(page.wait_for(f"parseInt({FIRST}?.textContent)"))
    page.press("3")
    player.play.says("play night")
    player.save(MISTAKE)
    player.play.wait_for("reloaded")
    page.wait_for(f"{SAVED} === 'saved, with 1 problem' && {FIRST}.textContent.includes('my_sound cannot play')")
    page.press("1")
    assert player.play.wait_for("refused")["ended"] is False
    page.wait_for("document.querySelector('#sound').value === 'night'")
    player.save(PIECE.replace("freq: 220", "freq: 330"))
    player.play.wait_for("reloaded")
    turns = "document.querySelector('#ab-value').textContent"
    page.wait_for(f"{turns} === 'version {before + 2}, the other is {before + 1}'")
    page.press("1")
    player.play.says("play my_sound")
    page.wait_for(f"{turns} === 'version {before + 2}, the other is {before}'")
    hear = "[...document.querySelectorAll('[data-does^=Hear]')].map(one => one.disabled).slice(0, 3)"
    assert page.evaluate(hear) == [True, True, False]


# For everybody


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_all_text_has_contrast(browser, player, colours):
    player.save(MISTAKE)
    page = opened(browser, player, **colours)
    page.wait_for(f"{BANNER} !== '' && document.querySelectorAll('#track-list li').length === 2")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    kinds = page.evaluate(
        """(async () => {
            const css = await (await fetch('text/text.css')).text();
            const kinds = [...css.matchAll(/\\.(is-[a-z-]+)/g)].map(match => match[1]);
            const row = document.querySelector('.colours > div');
            row.replaceChildren(...kinds.map(kind => Object.assign(document.createElement('span'),
                { className: kind, textContent: kind })));
            return kinds.length })()"""
    )
    assert kinds > 10
    weak = page.evaluate(
        """(() => {
            const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
            const light = colour => { const [r, g, b] = numbers(colour).map(one => one / 255)
                .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b };
            const ground = element => { for (let at = element; at; at = at.parentElement) {
                const colour = getComputedStyle(at).backgroundColor;
                if ((numbers(colour)[3] ?? 1) === 1) return colour } return 'rgb(255, 255, 255)' };
            const found = [];
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            for (let node = texts.nextNode(); node; node = texts.nextNode()) {
                const element = node.parentElement;
                if (!node.data.trim() || !element.checkVisibility()) continue;
                if (element.closest('.marks, option, textarea')) continue;
                const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < 4.5) found.push([node.data.trim().slice(0, 40), ratio]);
            }
            return found })()"""
    )
    assert weak == []
    assert page.complaints == []
    page.close()


def test_a_phone_shows_the_page_without_scrolling_sideways(browser, player):
    page = opened(browser, player, width=390, height=844, scale=2, phone=True, **LIGHT)
    page.wait_for("document.querySelectorAll('#track-list li').length === 2")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    small = page.evaluate(
        """[...document.querySelectorAll('button, select, input, summary')].filter(one => one.checkVisibility())
            .map(one => [one.id || one.textContent, one.getBoundingClientRect()])
            .filter(([_, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"""
    )
    assert small == []
    page.wait_for("document.querySelector('#tempo-value').textContent === '120'")
    tops = "[...document.querySelectorAll('.figure > span')].map(one => one.getBoundingClientRect().top)"
    assert page.evaluate(f"new Set({tops}).size") == 1, "bar, beat, tempo and time in one line"
    assert page.evaluate(f"parseFloat(getComputedStyle({TEXT}).fontSize)") >= 16  # or the phone zooms in
    page.click("#panels-below")
    page.wait_for("document.querySelector('#panels').getBoundingClientRect().top < 400")
    page.evaluate("document.querySelector('#scope').scrollIntoView()")
    sharp = "(canvas => [canvas.width, canvas.clientWidth])(document.querySelector('#scope'))"
    page.wait_for(f"{sharp}[0] === 2 * {sharp}[1]")
    assert page.complaints == []
    page.close()


KEYBOARD = """
const seen = Object.assign(new EventTarget(), { offsetTop: 0, height: 844 });
Object.defineProperty(window, 'visualViewport', { value: seen });
window.keyboard = (height, top = 0) => { Object.assign(visualViewport, { height: 844 - height, offsetTop: top });
    visualViewport.dispatchEvent(new Event('resize')) };
"""
"""A keyboard on the screen, which makes what is seen smaller."""


def test_on_a_phone_the_text_its_slider_and_save_stay_above_the_keyboard(browser, player):
    play_the_piece(player)
    page = opened(browser, player, width=390, height=844, scale=2, phone=True)
    page.call("Page.addScriptToEvaluateOnNewDocument", source=KEYBOARD)
    page.reload()
    page.wait_for(f"{CONNECTED} && {TEXT}.value === {json.dumps(PIECE)}")
    place = "(id => (box => [box.top, box.bottom])(document.querySelector(id).getBoundingClientRect()))"
    put_caret(page, "freq: 22")
    page.evaluate("keyboard(400, 30)")
    assert moved_value(page) == 220.0
    page.wait_for("document.querySelector('#at-caret').innerText.includes('freq')")
    assert page.evaluate("document.querySelector('#slider-range').clientWidth") > 300
    shown = [page.evaluate(f"{place}('{one}')") for one in ("#save", "#editor", "#slider", "#at-caret")]
    assert all(30 <= top < bottom <= 474 for top, bottom in shown), shown
    assert shown[1][1] - shown[1][0] >= 90 and page.evaluate("document.documentElement.scrollWidth") == 390
    x, y = page.middle("#slider-range")
    mouse: dict[str, Any] = {"y": y, "button": "left", "clickCount": 1}
    page.call("Input.dispatchMouseEvent", type="mousePressed", x=x, **mouse)
    page.evaluate("keyboard(0)")  # it goes as the slider is touched, which stays under the finger
    assert page.evaluate(f"{place}('#slider')") == shown[2]
    page.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, **mouse)
    page.wait_for(f"{place}('#slider')[1] > 700")
    page.wait_for(f"{SAVED} === 'saved' && !{TEXT}.value.includes('freq: 220,')")
    visible = "['#hush', '#play', '#volume'].map(one => document.querySelector(one).checkVisibility())"
    assert page.evaluate(visible) == [True, True, False]
    put_caret(page, "# A test")
    page.type("x")
    page.click("#save")
    page.wait_for(f"{SAVED} === 'saved'")
    assert page.evaluate("document.activeElement.id") == "text"
    page.click("#record")
    page.wait_for("document.querySelector('#record.runs span')?.textContent === 'Stop recording'")
    assert page.evaluate("document.querySelector('#record span').getClientRects().length") <= 2, "no word is broken"
    assert page.evaluate(
        "[...document.querySelectorAll('#record span')].every(one => one.offsetWidth <= one.parentElement.clientWidth)"
    )
    page.click("#record")
    page.wait_for("!document.querySelector('#record.runs')")
    page.click("#written")
    assert page.evaluate(visible) == [True, True, True] and page.evaluate("scrollY") == 0
    assert page.evaluate("[document.activeElement.tagName, document.body.className]") == ["BODY", ""]
    page.click("#panels-below")
    page.wait_for("scrollY > 300")
    page.click("#text-above")
    page.wait_for(f"{place}('#writing')[0] < 200 && {place}('#writing')[1] > 200")
    assert page.complaints == []
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (844, 390)])
def test_the_list_of_keys_can_be_closed_without_scrolling(browser, player, width, height):
    page = opened(browser, player, width=width, height=height)
    page.evaluate("document.querySelector('#show-keys').click()")
    box = page.evaluate("document.querySelector('#keys form button').getBoundingClientRect().toJSON()")
    assert 0 <= box["left"] < box["right"] <= width and 0 <= box["top"] < box["bottom"] <= height
    assert page.evaluate("(at => at.scrollHeight - at.clientHeight)(document.querySelector('#keys .columns')) < 1") == (
        width == 1280
    )
    page.click("#keys form button")
    assert page.evaluate("document.querySelector('#keys').open") is False
    page.close()


def test_less_motion_is_asked_for(browser, player):
    play_the_piece(player)
    page = opened(browser, player, prefers_reduced_motion="reduce")
    page.wait_for("document.querySelectorAll('.marks .step').length > 0")
    look = "(({ backgroundColor, textDecorationLine }) => [backgroundColor, textDecorationLine])"
    step = page.wait_for(
        f"document.querySelector('.marks .step') && {look}(getComputedStyle(document.querySelector('.marks .step')))"
    )
    assert step == ["rgba(0, 0, 0, 0)", "underline"]
    page.close()


def test_a_screen_reader_gets_a_name_for_every_control(page):
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for("document.querySelectorAll('#version-list li').length > 0")
    found = page.accessible()
    controls = {"button", "combobox", "slider", "textbox", "checkbox", "listbox", "switch", "radio", "link"}
    names = [(one["role"], one["name"]) for one in found if one["role"] in controls]
    assert len(names) > 15 and [one for one in names if not one[1].strip()] == []
    assert {("button", "Pause"), ("slider", "Volume"), ("textbox", "Text of the file"), ("combobox", "Sound")} <= {
        *names
    }
    roles = [one["role"] for one in found]
    assert "region" in roles and "main" in roles and "log" in roles
    live = page.evaluate("[...document.querySelectorAll('[role=alert]')].map(one => one.id).sort().join()")
    assert live == "conflict,connection,problem"


def test_notifications_are_off_until_they_are_switched_on(page):
    assert page.evaluate("document.querySelector('#notify').checked") is False
    page.evaluate("window.Notification = class { static requestPermission() { return Promise.resolve('denied') } }, 0")
    page.press("?")
    page.click("#notify")
    page.wait_for("document.querySelector('#notify').checked === false")
    noticed(page, "/does not allow/")


NOTICES = """(() => {
    const clock = [performance.now, setTimeout, clearTimeout], timers = new Map(), seen = [];
    let now = 0, count = 0;
    performance.now = () => now;
    window.setTimeout = (call, time) => (timers.set((count += 1), { call, at: now + time }), count);
    window.clearTimeout = one => timers.delete(one);
    const notices = new Reports({ on() {} });
    const at = time => {
        for (const [one, { call, at }] of [...timers].sort((a, b) => a[1].at - b[1].at))
            if (at <= time && timers.delete(one)) { now = at; call() }
        now = time;
        seen.push(`${time} ${document.querySelector('#notice').textContent}`);
    };
    notices.say('first'); at(0);
    notices.say('second'); at(1000);
    document.body.click(); at(1999); at(2000); at(5359); at(5360);
    notices.say('saving', 'file'); at(6000);
    notices.say('saved', 'file'); at(6001);
    document.body.click(); at(8001);
    document.body.click(); at(8002);
    [performance.now, window.setTimeout, window.clearTimeout] = clock;
    return seen;
})()"""


def test_a_notice_stands_two_seconds_whatever_comes_after_it_and_then_ends_with_a_click(page):
    """By a clock of the test: no notice depends on how fast this machine is."""
    page.evaluate("import('/history/reports.js').then(({ Reports }) => { window.Reports = Reports }), 0")
    page.wait_for("Boolean(window.Reports)")
    assert page.evaluate(NOTICES) == [
        "0 first",
        "1000 first",  # the second one waits
        "1999 first",  # and a click does not end it yet
        "2000 second",
        "5359 second",
        "5360 ",  # 3 s and 60 ms for each letter
        "6000 saving",
        "6001 saved",  # one of the same subject takes its place
        "8001 saved",
        "8002 ",
    ]


def test_tracks_are_switched_mute_and_solo_by_keyboard_alone(page):
    page.wait_for("document.querySelectorAll('#track-list li').length === 2")
    button = "document.querySelector('#track-list li:nth-child({}) [aria-label^={}]')"
    mute, solo = button.format(1, "Mute"), button.format(2, "Solo")
    for one, heard in ((mute, "false, true"), (solo, "false, true")):
        page.evaluate(f"{one}.focus()")
        page.press("Enter")
        page.wait_for(f"{one}.getAttribute('aria-pressed') === 'true'")
        unheard = "[...document.querySelectorAll('#track-list li')].map(one => !one.classList.contains('unheard'))"
        page.wait_for(f"{unheard}.join(', ') === '{heard}'")
        assert page.evaluate(f"document.activeElement === {one}"), "the focus stays where it is"
        assert page.evaluate(f"{one}.getAttribute('aria-label')") in ("Mute lead", "Solo beat")
        page.press("Enter")
        page.wait_for(f"{one}.getAttribute('aria-pressed') === 'false' && {unheard}.join() === 'true,true'")


def test_a_track_is_shown_as_heard_again_though_no_status_told_that_it_was_not(page):
    """A solo that was over before the next status: that tells what the one before told."""
    page.wait_for("document.querySelectorAll('#track-list li').length === 2")
    solo = "document.querySelector('#track-list li [aria-label^=Solo]')"
    page.evaluate(f"{solo}.click()")
    page.wait_for("document.querySelectorAll('#track-list .unheard').length === 1")
    page.evaluate(
        """(window.told = window.early = 0, JSON.parse = (parse => (...given) => { const made = parse(...given);
            if (made?.method === 'status') made.params.levels = {}, window.told += 1;
            if (made?.result?.[1]?.heard && window.early-- > 0) made.result[1].heard = false;
            return made })(JSON.parse), 0)"""
    )
    page.wait_for("window.told > 1")
    page.evaluate(f"(window.early = 2, {solo}.click())")  # it is asked for twice before the plan without it plays
    page.wait_for("document.querySelectorAll('#track-list :is(.unheard, [aria-pressed=true])').length === 0")
