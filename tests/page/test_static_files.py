"""The files of the page: they fit together, stay inside the policy of the server, and show text as text."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser

from tests.harness.paths import TOP
from waves.server.static_files import page_files

PAGE = TOP / "waves" / "page"


def texts(suffix: str) -> dict[str, str]:
    """The files of a kind by their paths in the page."""
    return {path.relative_to(PAGE).as_posix(): path.read_text("utf-8") for path in sorted(PAGE.rglob(f"*.{suffix}"))}


MODULES = texts("js")
HTML = (PAGE / "index.html").read_text("utf-8")
CSS = "".join(texts("css").values())


class Elements(HTMLParser):
    """All elements of a document, each with its attributes, and the text of scripts and styles."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in ("script", "style"):
            self.inline += data.strip()


ELEMENTS = Elements(HTML)
IDS = [attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes]


def test_nothing_is_inline():
    assert len(ELEMENTS.found) > 80
    names = {name for _, attributes in ELEMENTS.found for name in attributes}
    assert ELEMENTS.inline == "" and "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert "<style" not in HTML and "javascript:" not in HTML


def test_every_file_that_is_named_is_there():
    named = {attributes[key] for _, attributes in ELEMENTS.found for key in ("src", "href") if key in attributes}
    imported = {
        posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        for path, text in MODULES.items()
        for name in re.findall(r'from "(\.\.?/[\w./]+)"', text)
    }
    assert {"page.js", "page.css", "text/text.css", "icon.svg"} <= named and "text/editor.js" in imported
    present = {path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.is_file()}
    assert {"/" + path for path in present} | {"/"} == page_files().keys(), "a file is not served"
    assert named | imported == present - {"index.html"}, "a file is missing, or is not used"


def test_no_address_leads_outside():
    found = [
        match
        for text in (HTML, CSS, *MODULES.values())
        for match in re.findall(r"(?:https?:|wss?:)?//[\w.-]+\.\w+", text)
    ]
    assert found == []
    assert "url(" not in CSS and "@import" not in CSS


def test_text_is_never_read_as_html_or_code():
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|setHTML|srcdoc"
    assert [name for name, text in MODULES.items() if re.search(forbidden, text)] == []
    timers = [name for name, text in MODULES.items() if re.search(r"set(?:Timeout|Interval)\(\s*[\"'`]", text)]
    assert timers == []


def test_every_id_that_a_module_asks_for_is_in_the_page_once():
    asked = {
        name
        for text in MODULES.values()
        for name in re.findall(r'(?:getElementById|\bfind|this\._find|setting)\("([\w-]+)"', text)
    }
    assert len(IDS) == len(set(IDS)) and len(asked) > 30
    assert asked - set(IDS) == set()


def test_every_control_has_a_label():
    labelled = {attributes.get("for") for tag, attributes in ELEMENTS.found if tag == "label"}
    nameless = [
        attributes
        for tag, attributes in ELEMENTS.found
        if tag in ("input", "select", "textarea", "canvas")
        if "aria-label" not in attributes and attributes.get("id") not in labelled
        if attributes.get("type") != "checkbox"  # inside its label
    ]
    assert nameless == []


def test_a_module_says_what_it_is():
    assert [name for name, text in MODULES.items() if not re.match(r"/\* [A-Z].*[.:;]", text)] == []


def test_every_export_is_used_elsewhere():
    unused = []
    for name, text in MODULES.items():
        for word in re.findall(r"^export (?:async )?(?:class|function|const) (\w+)", text, re.M):
            users = [other for other, its in MODULES.items() if other != name and re.search(rf"\b{word}\b", its)]
            unused += [] if users else [f"{name}: {word}"]
    assert unused == []


def test_every_import_is_used():
    unused = []
    for name, text in MODULES.items():
        for words in re.findall(r"^import \{ ([\w, ]+) \} from", text, re.M):
            unused += [f"{name}: {word}" for word in words.split(", ") if len(re.findall(rf"\b{word}\b", text)) < 2]
    assert unused == []
