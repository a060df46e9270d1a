"""A Chromium without a window, told what to do over a pair of pipes in its own protocol (Chrome DevTools Protocol).

This room opens pages and says what is seen on them; it knows no MLflow.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PATIENCE_S = 120
_OPTIONS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-extensions"),
    # Nothing beyond this machine is asked, whatever a page names.
    *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe"),
]


def chromium() -> str | None:
    """Where a Chromium is, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One tab of a Chromium that was started for it."""

    def __init__(self, reads: Any, writes: Any) -> None:
        self._reads, self._writes = reads, writes
        self._count = 0
        self._session: str | None = None
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.resize(1180, 720)

    def resize(self, width: int, height: int) -> None:
        """Let the page have so many pixels."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, url: str) -> None:
        """Go to ``url``; a page that is there already is loaded anew."""
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript ``expression`` on the page."""
        return self._ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def text(self) -> str:
        """What is there to be read on the page, as a person sees it."""
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def wait_for(self, *words: str) -> str:
        """Wait until all ``words`` are on the page; its text. Fails with it when they do not come."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            text = self.text()
            missing = [word for word in words if word not in text]
            if not missing:
                return text
            assert time.monotonic() < until, f"not on the page: {missing}\n{text}"
            time.sleep(0.2)

    def click(self, label: str) -> bool:
        """Click the button that says ``label``, or is labelled so; False where there is none."""
        found = f"""(() => {{ for (const one of document.querySelectorAll('button, [role=button]'))
            if (one.innerText.trim() === {json.dumps(label)} || one.ariaLabel === {json.dumps(label)})
                {{ one.click(); return true; }} return false; }})()"""
        return bool(self.evaluate(found))

    def picture(self) -> bytes:
        """What the page looks like, as a PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def settled_picture(self) -> bytes:
        """The same, once nothing moves on the page any more: two pictures in a row are alike."""
        until, before = time.monotonic() + _PATIENCE_S, b""
        while (now := self.picture()) != before:
            assert time.monotonic() < until, "the page does not come to rest"
            before = now
            time.sleep(0.5)
        return now

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._writes.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _message(self) -> bytes:
        found = bytearray()
        while (byte := self._reads.read(1)) != b"\0":
            assert byte, "Chromium ended"
            found += byte
        return bytes(found)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium for the block."""
    program = chromium()
    assert program is not None
    # It reads its orders from descriptor 3 and answers on 4.
    orders, answers = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(prefix="gitmodels-chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *_OPTIONS, f"--user-data-dir={Path(profile)}"]
        shell = f'exec "$@" 3<&{orders[0]} 4>&{answers[1]}'
        process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *command],
            pass_fds=(orders[0], answers[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(orders[0])
        os.close(answers[1])
        try:
            with open(answers[0], "rb") as reads, open(orders[1], "wb", buffering=0) as writes:
                yield Browser(reads, writes)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
