"""Reads strangers' files in a separate, limited process, and never raises for what is in them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import service
from service.extract import FILMS, OFFICE, DrawnPage, Extracted, Limits, frames
from service.extract.problems import CONVERTED, READ, crashed, out_of_time

ROOT = Path(service.__file__).resolve().parent.parent
GRACE = 3.0
"""Seconds beyond the limit after which we no longer wait for the server to kill its child."""
NAME = 300
"""Characters of a file's name, from its end, that are told: readers look at its ending alone."""
PICTURE = 16 * 1024 * 1024
"""Bytes of a picture, at most."""
PLACES = 1024 * 1024
"""Bytes that tell what stands where on a page, at most."""
WHOLE = 64 * 1024 * 1024
"""Bytes of a picture that is written anew, at most."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
"""Of the environment; the rest holds what a process that reads strangers' files has no business to know."""

Question = dict[str, str | int]
FilmStep = Literal["probe", "play", "small"]
Answer = TypeVar("Answer")


class Extractor:
    """Text, listings and pictures of files. Threads may share one; as many children run as threads call.

    The fork server starts at the first call, and again at the call after it died. After close() the next call starts
    a new one.
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        soffice: str | None = shutil.which("soffice"),
        office: Limits = OFFICE,
        films: Limits = FILMS,
    ) -> None:
        """soffice: LibreOffice's program, which makes PDFs and reads what our own readers cannot; None to do without.
        office, films: what a PDF, or one step of a film, may cost."""
        self.limits = limits
        self.office = office
        self.films = films
        self.soffice = soffice
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def extract(self, path: Path, media_type: str, name: str) -> Extracted:
        """What is in the file at path, which sniff said to be of this type. Blocks at most limits.seconds or so.

        Never raises for the file: a crash, a timeout or a lack of memory gives state "failed" and a reason.
        """
        question: Question = {"kind": "extract", "media_type": media_type, "name": name[-NAME:]}
        return self._told(question, path, self.limits, partial(self._extracted, undone=READ))

    def pdf(self, path: Path, media_type: str, target: Path) -> Extracted:
        """The document as a PDF, written to target by LibreOffice; how many pages it has, and a picture of the first.
        Never raises for the file: state "failed" and a reason where there is none."""
        question: Question = {"kind": "pdf", "media_type": media_type, "target": str(target.resolve())}
        return self._told(question, path, self.office, partial(self._extracted, undone=CONVERTED))

    def film(self, path: Path, step: FilmStep, target: Path) -> Extracted:
        """One step of a film. probe: `details` and a picture out of it; play: what every browser plays (H.264, AAC, the
        index in front); small: the same for a slow line. State "ready" with nothing at target: it needs none."""
        question: Question = {"kind": step, "target": str(target.resolve())}
        return self._told(question, path, self.films, partial(self._extracted, undone=CONVERTED))

    def page(self, path: Path, n: int, width: int = 720) -> DrawnPage:
        """Page n (from 1) of a PDF, width px wide; without a picture when it fails."""
        return self._told({"kind": "page", "n": n, "width": width}, path, self.limits, self._drawn)

    def unplaced(self, path: Path) -> bytes:
        """A picture in its own format without the place that it tells (EXIF's GPS); empty when it fails."""
        return self._told({"kind": "unplaced"}, path, self.limits, self._bytes)

    def _told(
        self,
        question: Question,
        path: Path,
        limits: Limits,
        hear: Callable[[socket.socket, Limits, float], tuple[Answer, bool]],
    ) -> Answer:
        """The answer; asked once more where that it failed is not the file's doing: the server died meanwhile, or even it
        did not keep the time, since the machine stood still. Not then of what is written to a file, which the first child
        may still be writing."""
        for _ in range(2):
            begun = time.monotonic()
            channel, server = self._ask(question, path, limits)
            with channel:
                answer, whole = hear(channel, limits, begun)
            stood_still = time.monotonic() - begun >= limits.seconds + GRACE and "target" not in question
            if whole or not (stood_still or self._died(server)):
                break
        return answer

    def _extracted(
        self, channel: socket.socket, limits: Limits, begun: float, undone: str
    ) -> tuple[Extracted, bool]:
        until = begun + limits.seconds + GRACE
        try:
            found = frames.unpacked(frames.receive(channel, until, frames.bound(limits)))
        except (frames.Silent, ValueError):
            return Extracted("failed", _why(limits, time.monotonic() - begun, undone)), False
        picture, _ = self._picture(channel, limits, begun)
        return replace(found, thumbnail=picture), True

    def _bytes(self, channel: socket.socket, limits: Limits, begun: float) -> tuple[bytes, bool]:
        try:
            return frames.receive(channel, begun + limits.seconds + GRACE, WHOLE), True
        except frames.Silent:
            return b"", False

    def _picture(self, channel: socket.socket, limits: Limits, begun: float) -> tuple[bytes, bool]:
        try:
            picture = frames.receive(channel, begun + limits.seconds + GRACE, PICTURE)
        except frames.Silent:
            return b"", False
        return picture if frames.is_webp(picture) else b"", True

    def _drawn(self, channel: socket.socket, limits: Limits, begun: float) -> tuple[DrawnPage, bool]:
        picture, whole = self._picture(channel, limits, begun)
        if not picture:
            return DrawnPage(), whole
        try:
            told = frames.receive(channel, begun + limits.seconds + GRACE, PLACES)
            return DrawnPage(picture, frames.unpacked_lines(told)), True
        except (frames.Silent, ValueError):
            return DrawnPage(picture), True  # the words can be read elsewhere

    def close(self) -> None:
        """End the server and every child; calls under way answer "failed"."""
        with self._lock:
            self._stop()

    def _died(self, server: subprocess.Popen[bytes] | None) -> bool:
        """Whether it ended without our closing it."""
        with self._lock:
            return self._server is not None and server is not None and server.poll() is not None

    def _ask(
        self, question: Question, path: Path, limits: Limits
    ) -> tuple[socket.socket, subprocess.Popen[bytes] | None]:
        """Send the request. The answer comes on the socket returned, from the server returned."""
        told = {
            **question, "path": str(path.resolve()), "limits": asdict(limits), "soffice": self.soffice
        }  # fmt: skip
        message = json.dumps(told).encode()
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                socket.send_fds(self._running(), [message], [theirs.fileno()])
            except OSError:
                # It died between two calls.
                self._stop()
                socket.send_fds(self._running(), [message], [theirs.fileno()])
            return ours, self._server

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


def _why(limits: Limits, took: float, undone: str) -> str:
    # CPU time runs out a moment before or after wall time does.
    late = took > limits.seconds * 0.95
    return out_of_time(limits.seconds, undone) if late else crashed(undone)
