"""A headless Chromium, driven over its DevTools pipe: pages are looked at and clicked as a person would."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = "/usr/bin/chromium"
POLL_S = 0.05


class Browser:
    """One browser with one page; `messages` and `requests` are what the page's console and network have told so far."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--window-size=1280,1600", f"--user-data-dir={self._profile.name}", "--remote-debugging-pipe", "about:blank",
        ]  # fmt: skip

        def as_three_and_four() -> None:
            copies = os.dup(to_browser), os.dup(from_browser)  # neither may be overwritten by the other
            os.dup2(copies[0], 3)
            os.dup2(copies[1], 4)

        self._process = subprocess.Popen(
            [PROGRAM, *options], preexec_fn=as_three_and_four, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._buffer, self._number, self._session = b"", 0, ""
        self.messages: list[str] = []
        self.requests: list[str] = []
        target = next(one for one in self.send("Target.getTargets")["targetInfos"] if one["type"] == "page")
        attached = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> Any:
        """One DevTools command and its result."""
        self._number += 1
        number, message = self._number, {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            self._note(told)

    def open(self, url: str) -> None:
        """Go there."""
        self.messages.clear()
        self.requests.clear()
        self.send("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is in the page."""
        told = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, expression: str, *, seconds: float = 60) -> Any:
        """Its first true value."""
        deadline = time.monotonic() + seconds
        while not (value := self._value_if_there(expression)):
            assert time.monotonic() < deadline, f"{expression} did not come true; {self.messages}"
            time.sleep(POLL_S)
        return value

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of an element, once it is there and has stopped moving."""
        find = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"!!{find}")
        where = (
            f"(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}}); const r = e.getBoundingClientRect();"
            f" return r.width && [r.x + r.width / 2, r.y + r.height / 2]; }})({find})"
        )
        before = None
        while (point := self.wait(where)) != before:
            before = point
            time.sleep(POLL_S)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], button="left", clickCount=1)

    def type(self, selector: str, text: str) -> None:
        """Click into a field and replace what is in it."""
        self.click(selector)
        self.value("document.activeElement.select()")
        self.send("Input.insertText", text=text)

    def picture(self, path: Path) -> None:
        """What one would see."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(10)
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    def _value_if_there(self, expression: str) -> Any:
        try:
            return self.value(expression)
        except AssertionError:  # the page is only being loaded
            return None

    def _next(self) -> Any:
        while b"\0" not in self._buffer:
            part = os.read(self._read, 1 << 16)
            assert part, "the browser has ended"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, told: dict[str, Any]) -> None:
        method, what = told.get("method"), told.get("params", {})
        notes: dict[str, Callable[[], None]] = {
            "Network.requestWillBeSent": lambda: self.requests.append(what["request"]["url"]),
            "Log.entryAdded": lambda: self._complaint(what["entry"]["level"], what["entry"]["text"]),
            "Runtime.consoleAPICalled": lambda: self._complaint(what["type"], str(what["args"])),
            "Runtime.exceptionThrown": lambda: self._complaint("error", str(what["exceptionDetails"])),
        }
        if method in notes:
            notes[method]()

    def _complaint(self, level: str, text: str) -> None:
        if level in ("error", "warning"):
            self.messages.append(f"{level}: {text[:500]}")
