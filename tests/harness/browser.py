"""Headless Chromium, driven over its DevTools protocol: pages are opened, typed into, clicked, read and pictured."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0  # seconds
LOOK = 0.02  # seconds between two looks at a condition
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
KEYS = {
    "Enter": ("Enter", 13, "\r"),
    "Tab": ("Tab", 9, ""),
    "Escape": ("Escape", 27, ""),
    "Backspace": ("Backspace", 8, ""),
    "Delete": ("Delete", 46, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
    "F6": ("F6", 117, ""),
    "F8": ("F8", 119, ""),
    " ": ("Space", 32, " "),
}
"""Code, number and text of the keys that are not letters."""


SEEN = "document.body?.innerText.replaceAll(/\\n\\s*/g, '\\n').slice(0, 3000)"
"""Text that is seen."""


def program() -> str | None:
    """The browser of this machine, if it has one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One running browser with a profile of its own; a context that ends it."""

    def __init__(self) -> None:
        found = program()
        assert found, "needs Chromium: apt install chromium"
        self._profile = tempfile.mkdtemp(prefix="waves-browser-")
        command = [
            found,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-first-run",
            "--force-color-profile=srgb",
            "--remote-debugging-port=0",
            f"--user-data-dir={self._profile}",
            "about:blank",
        ]
        nothing = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=nothing, stderr=nothing, start_new_session=True)
        self._open = ExitStack()
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}
        try:
            self._socket = self._connected()
        except BaseException:
            self._end()
            raise

    def open(self, address: str, script: str = "", **look: Any) -> Page:
        """A tab of its own storage, in which an address is loaded; for `look` see `Page.look`.

        `script` runs before the scripts of each page that is loaded in it.
        """
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, context)
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            page.call(f"{domain}.enable")
        page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        page.look(**look)
        page.load(address)
        return page

    def call(self, method: str, session: str = "", **values: Any) -> dict[str, Any]:
        """The result of a method of the protocol; fails if it cannot be called."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": values}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        end = time.monotonic() + PATIENCE
        while number not in self._answers:
            self.listen(max(end - time.monotonic(), 0.01))
            assert time.monotonic() < end, f"the browser does not answer {method}"
        answer = self._answers.pop(number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def listen(self, seconds: float) -> None:
        """Take what the browser says next, if it says anything in time."""
        try:
            message = json.loads(self._socket.recv(timeout=seconds))
        except TimeoutError:
            return
        if "id" in message:
            self._answers[message["id"]] = message
        elif page := self._pages.get(message.get("sessionId", "")):
            page.told(message["method"], message["params"])

    def _connected(self) -> ClientConnection:
        port = Path(self._profile) / "DevToolsActivePort"
        end = time.monotonic() + PATIENCE
        while not (port.exists() and len(lines := port.read_text().split()) == 2):
            assert self._process.poll() is None, f"the browser ended with {self._process.returncode}"
            assert time.monotonic() < end, "the browser did not start in time"
            time.sleep(LOOK)
        with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json/version", timeout=PATIENCE) as answer:
            address = json.load(answer)["webSocketDebuggerUrl"]
        options: dict[str, Any] = {"max_size": None, "open_timeout": PATIENCE, "ping_interval": None, "proxy": None}
        return self._open.enter_context(connect(address, **options))

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._open.close()
        finally:
            self._end()


class Page:
    """One tab. `complaints`: all that a page without a fault does not have, such as errors and refused sources."""

    def __init__(self, browser: Browser, session: str, context: str):
        self.browser = browser
        self.complaints: list[str] = []
        self._session, self._context = session, context
        self._loaded = False

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """The result of a method of the protocol, for this tab."""
        return self.browser.call(method, self._session, **values)

    def look(self, width: int = 1280, height: int = 800, scale: float = 1.0, phone: bool = False, **media: str) -> None:
        """Size in CSS pixels, touch, and media features: `prefers_color_scheme="dark"`."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.call("Emulation.setEmulatedMedia", features=features)

    def load(self, address: str) -> None:
        """Load an address, to its end."""
        self._loaded = False
        self.call("Page.navigate", url=address)
        self.until(lambda: self._loaded, f"{address} is not loaded")

    def reload(self) -> None:
        """Load the address again, to its end; the storage stays."""
        self._loaded = False
        self.call("Page.reload")
        self.until(lambda: self._loaded, "the page is not loaded again")

    def told(self, method: str, params: dict[str, Any]) -> None:
        """Take an event of the protocol."""
        match method:
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.complaints.append(details.get("exception", {}).get("description") or details["text"])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.complaints.append(" ".join(str(one.get("value", one)) for one in params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.responseReceived" if params["response"]["status"] >= 400:
                self.complaints.append(f"{params['response']['status']} {params['response']['url']}")
            case "Page.javascriptDialogOpening":
                self.call("Page.handleJavaScriptDialog", accept=True)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, as data; that of a promise once it is known."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = PATIENCE) -> Any:
        """The value of an expression, once it is true."""
        found: list[Any] = []
        try:
            self.until(lambda: found.append(self.evaluate(expression)) or found[-1], f"never: {expression}", seconds)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\nThe page shows:\n{self.evaluate(SEEN)}") from None
        return found[-1]

    def until(self, condition: Callable[[], Any], failure: str, seconds: float = PATIENCE) -> None:
        """Take what the browser says until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{failure}; complaints: {self.complaints}"
            self.browser.listen(LOOK)

    def press(self, *keys: str) -> None:
        """Press keys one after the other: `a`, `Enter`, `Control+s`, `Shift+Tab`."""
        for key in keys:
            *held, name = [key] if key == "+" else key.split("+")
            modifiers = sum(MODIFIERS[one] for one in held)
            code, number, text = KEYS.get(name) or (f"Key{name.upper()}", ord(name.upper()), name)
            text = "" if modifiers & ~MODIFIERS["Shift"] else text
            one = {"key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **one)
            self.call("Input.dispatchKeyEvent", type="keyUp", **one)

    def type(self, text: str) -> None:
        """Type letters, each with its key."""
        for letter in text:
            if letter.isascii() and letter.isalnum():
                self.press(letter)
            else:
                self.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text="\r" if letter == "\n" else letter)
                self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def click(self, selector: str) -> None:
        """Click the middle of an element, which is in view then."""
        x, y = self.middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, selector: str, start: float, end: float, steps: int = 10) -> None:
        """Drag inside an element, from one part of its width to another, both 0 to 1."""
        left, width, y = self.box(selector)
        places = [left + width * (start + (end - start) * step / steps) for step in range(steps + 1)]
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=places[0], y=y, button="left", clickCount=1)
        for x in places[1:]:
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=places[-1], y=y, button="left", clickCount=1)

    def move(self, x: float, y: float) -> None:
        """Move the pointer."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def middle(self, selector: str) -> tuple[float, float]:
        """The middle of an element, which is scrolled into view."""
        left, width, y = self.box(selector)
        return left + width / 2, y

    def box(self, selector: str) -> tuple[float, float, float]:
        """Left, width and middle of the height of an element, which is scrolled into view."""
        left, width, y = self.evaluate(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            "found.scrollIntoView({block: 'nearest'}); const box = found.getBoundingClientRect();"
            "return [box.left, box.width, box.top + box.height / 2]; })()"
        )
        return left, width, y

    def accessible(self) -> list[dict[str, Any]]:
        """The accessibility tree as a screen reader gets it: role, name and description of all that is not ignored."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            {
                "role": node["role"]["value"],
                "name": node.get("name", {}).get("value", ""),
                "description": node.get("description", {}).get("value", ""),
                "properties": {one["name"]: one["value"].get("value") for one in node.get("properties", ())},
            }
            for node in nodes
            if not node["ignored"]
        ]

    def screenshot(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Close the tab and forget its storage."""
        self.browser.call("Target.disposeBrowserContext", browserContextId=self._context)
        self.browser._pages.pop(self._session, None)
