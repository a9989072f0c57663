"""The pictures in docs/page.md: the demo as the page shows it, dark on a desk and light on a phone.

python -m tests.page.pictures
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.harness.browser import Browser
from tests.harness.command import Play
from tests.harness.paths import TOP

LARGEST = 200_000  # bytes of a picture
TEXT = "document.querySelector('#text')"
CARET = "pan: 0.3"
TOP_LINE = 46  # with some lists of steps below it
FULL = 15  # seconds of the level that are shown


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="waves-pictures-"))
    try:
        shutil.copytree(TOP / "samples", folder / "samples")
        demo = (TOP / "waves.yaml").read_text("utf-8")
        (folder / "waves.yaml").write_text(demo, "utf-8")
        with Play(folder, "my_sound", "--serve") as play, Browser() as browser:
            page = browser.open(play.address(), width=1280, height=800, prefers_color_scheme="dark")
            page.wait_for("document.querySelectorAll('.is-number').length > 3")
            page.click("#text")
            caret = f"{TEXT}.value.indexOf('{CARET}') + {len(CARET) - 2}"
            page.evaluate(f"{TEXT}.setSelectionRange({caret}, {caret})")
            page.wait_for("!document.querySelector('#slider').hidden")
            page.evaluate(f"{TEXT}.scrollTop = {TOP_LINE} * 22")
            play.save(demo.replace("bpm: 120", "bpm: 126"))
            page.wait_for(f"{TEXT}.value.includes('bpm: 126')")
            page.evaluate(f"new Promise(done => setTimeout(done, {FULL} * 1000)).then(() => 0)")
            page.evaluate("document.querySelector('#loudness-scale').scrollIntoView({ block: 'end' })")
            page.wait_for("document.querySelectorAll('.marks .step').length > 2")
            page.screenshot(TOP / "docs" / "page.png")
            page.look(390, 844, 1.5, True, prefers_color_scheme="light")
            page.wait_for("innerWidth === 390 && document.querySelectorAll('.colours .is-number').length > 3")
            page.screenshot(TOP / "docs" / "page-phone.png")
    finally:
        shutil.rmtree(folder)
    for name in ("page.png", "page-phone.png"):
        assert (TOP / "docs" / name).stat().st_size < LARGEST, f"{name} is too large"


if __name__ == "__main__":
    main()
