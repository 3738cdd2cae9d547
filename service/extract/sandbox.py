"""Reads strangers' files in a separate, limited process, and never raises for what is in them."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import service
from service.extract import Extracted, Limits, frames
from service.extract.problems import Unreadable, out_of_time

ROOT = Path(service.__file__).resolve().parent.parent
GRACE = 3.0
"""Seconds beyond the limit after which we no longer wait for the server to kill its child."""
NAME = 300
"""Characters of a file's name, from its end, that are told: readers look at its ending alone."""
PICTURE = 16 * 1024 * 1024
"""Bytes of a picture, at most."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
"""Of the environment; the rest holds what a process that reads strangers' files has no business to know."""


class Extractor:
    """Text, listings and pictures of files. Threads may share one; as many children run as threads call.

    The fork server starts at the first call, and again at the call after it died. After close() the next call starts
    a new one.
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def extract(self, path: Path, media_type: str, name: str) -> Extracted:
        """What is in the file at path, which sniff said to be of this type. Blocks at most limits.seconds or so.

        Never raises for the file: a crash, a timeout or a lack of memory gives state "failed" and a reason.
        """
        begun = time.monotonic()
        with self._ask({"kind": "extract", "media_type": media_type, "name": name[-NAME:]}, path) as channel:
            until = begun + self.limits.seconds + GRACE
            try:
                found = frames.unpacked(frames.receive(channel, until, frames.bound(self.limits)))
            except (frames.Silent, ValueError):
                return Extracted("failed", self._why(time.monotonic() - begun))
            try:
                return replace(found, thumbnail=frames.receive(channel, until, PICTURE))
            except frames.Silent:
                return found

    def page_image(self, path: Path, n: int, width: int = 720) -> bytes:
        """Page n (from 1) of a PDF as WebP, width px wide; empty when it fails."""
        with self._ask({"kind": "page", "n": n, "width": width}, path) as channel:
            try:
                return frames.receive(channel, time.monotonic() + self.limits.seconds + GRACE, PICTURE)
            except frames.Silent:
                return b""

    def close(self) -> None:
        """End the server and every child; calls under way answer "failed"."""
        with self._lock:
            self._stop()

    def _why(self, took: float) -> str:
        # CPU time runs out a moment before or after wall time does.
        return out_of_time(self.limits.seconds) if took > self.limits.seconds * 0.95 else Unreadable.reason

    def _ask(self, question: dict[str, str | int], path: Path) -> socket.socket:
        """Send the request; the answer comes on the socket returned."""
        told = {**question, "path": str(path.resolve()), "limits": asdict(self.limits)}
        message = json.dumps(told).encode()
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                socket.send_fds(self._running(), [message], [theirs.fileno()])
            except OSError:
                # It died between two calls.
                self._stop()
                socket.send_fds(self._running(), [message], [theirs.fileno()])
        return ours

    def _running(self) -> socket.socket:
        if self._control is not None and self._server is not None and self._server.poll() is None:
            return self._control
        self._stop()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(  # noqa: S603 -- our own module
                [sys.executable, "-m", "service.extract.server", str(theirs.fileno())],
                cwd=ROOT,
                env={key: os.environ[key] for key in PASSED_ON if key in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            try:
                self._server.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._control = self._server = None
