"""Films: how long they take, a picture out of them, and what every browser plays (H.264 and AAC in MP4, ISO/IEC
14496-12, the index in front), once as it was and once small, for slow lines. FFmpeg's libraries, through PyAV."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
from PIL import Image

from service.extract import Extracted, Limits, pictures
from service.extract.problems import NotConverted

LARGEST = 1080
"""Of the shorter side, in px: what phones and school PCs of ten years decode."""
SLOW_LINE = 450_000
"""Bits per second that arrive over a slow line as fast as they are watched."""
POSTER_AT = 0.1
"""Of the film's length: its first frame is black, or a title."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How a film is encoded: the shorter side in px, frames per second at most, x264's and AAC's settings."""

    side: int
    rate: int
    video: dict[str, str]
    audio: int
    layout: str


PLAY = Quality(LARGEST, 30, {"preset": "veryfast", "crf": "23", "maxrate": "4M", "bufsize": "8M"}, 128_000, "stereo")  # fmt: skip
SMALL = Quality(360, 20, {"preset": "veryfast", "crf": "28", "maxrate": "300k", "bufsize": "600k"}, 48_000, "mono")  # fmt: skip


def probe(path: Path, target: Path, limits: Limits) -> Extracted:
    """seconds, width and height (as seen) in `details`, and a picture out of it, as WebP at target. Raises
    NotConverted."""
    with _opened(path) as film:
        details: dict[str, str | int | float] = {}
        if film.duration:
            details["seconds"] = round(film.duration / av.time_base, 1)
        if film.streams.video:
            _seek(film)
            frame = next(iter(film.decode(film.streams.video[0])), None)
            if frame is not None:
                picture = _upright(frame)
                details |= {"width": picture.width, "height": picture.height}
                picture.thumbnail((pictures.SIDE, pictures.SIDE))
                target.write_bytes(pictures.webp(picture))
    return Extracted("ready", details=details)


def play(path: Path, target: Path, limits: Limits) -> Extracted:
    """What every browser plays, at target; nothing there where the film is that already. What is H.264 or AAC already
    is taken over as it is. Raises NotConverted."""
    with _opened(path) as film:
        if film.streams.video and not (_plays(film) and _index_first(path)):
            _write(film, target, PLAY, limits, copying=True)
    return Extracted("ready")


def small(path: Path, target: Path, limits: Limits) -> Extracted:
    """The film for a slow line, at target; nothing there where the film itself is small enough. Raises NotConverted."""
    with _opened(path) as film:
        seconds = (film.duration or 0) / av.time_base
        light = seconds > 0 and path.stat().st_size * 8 / seconds <= SLOW_LINE
        if film.streams.video and not (light and _plays(film)):
            _write(film, target, SMALL, limits, copying=False)
    return Extracted("ready")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The film. What FFmpeg's libraries raise on damaged ones comes out as NotConverted."""
    try:
        # Nothing but this file: a playlist may name others.
        with av.open(str(path), options={"protocol_whitelist": "file"}) as film:
            yield film
    except (av.FFmpegError, ValueError, IndexError) as problem:
        raise NotConverted(str(problem)) from problem


def _seek(film: Any) -> None:
    if film.duration:
        try:
            film.seek(int(film.duration * POSTER_AT) + max(film.start_time or 0, 0))
        except av.FFmpegError:
            film.seek(0)  # without an index it starts at its beginning


def _turn(frame: Any) -> int:
    """Degrees counterclockwise by which the frame has to be turned to be seen upright: phones note it beside."""
    return int(frame.rotation) % 360


def _upright(frame: Any) -> Image.Image:
    picture: Image.Image = frame.to_image()
    return picture.rotate(_turn(frame), expand=True)


def _plays(film: Any) -> bool:
    """Whether browsers take it as it is, wherever its index is."""
    return (
        "mp4" in film.format.name
        and film.metadata.get("major_brand", "") != "qt  "
        and _video_fits(film.streams.video[0])
        and all(_audio_fits(stream) for stream in film.streams.audio[:1])
    )


def _video_fits(stream: Any) -> bool:
    context = stream.codec_context
    return (
        context.name == "h264"
        and context.pix_fmt in ("yuv420p", "yuvj420p")
        and min(context.width, context.height) <= LARGEST
    )


def _audio_fits(stream: Any) -> bool:
    return bool(stream.codec_context.name == "aac")


def _index_first(path: Path) -> bool:
    """Whether `moov` stands before `mdat` (ISO/IEC 14496-12, 4.2), so that the film plays while it loads."""
    at, size = 0, path.stat().st_size
    with path.open("rb") as source:
        while at + 16 <= size:
            source.seek(at)
            head = source.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return False
            at += length
    return False


def _first(film: Any) -> Any:
    """Its first picture: the new film's header, written before any of it, tells its size. Raises NotConverted."""
    with _opened(Path(film.name)) as again:
        for frame in again.decode(again.streams.video[0]):
            return frame
    raise NotConverted("no picture in it")


def _write(film: Any, target: Path, quality: Quality, limits: Limits, *, copying: bool) -> None:
    video = film.streams.video[0]
    audio = film.streams.audio[0] if film.streams.audio else None
    for stream in (video, audio):
        if stream is not None:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = limits.threads
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as made:
        tracks: dict[int, _Track] = {}
        if copying and _video_fits(video):
            tracks[video.index] = _Copy(made, video)
        else:
            tracks[video.index] = _Video(made, video, _first(film), quality, limits.threads)
        if audio is not None:
            fits = copying and _audio_fits(audio)
            tracks[audio.index] = _Copy(made, audio) if fits else _Audio(made, audio, quality)
        for packet in film.demux([stream for stream in (video, audio) if stream is not None]):
            tracks[packet.stream.index].take(packet)
        for track in tracks.values():
            track.end()


class _Track(Protocol):
    """A stream of the film on its way into the new one."""

    def take(self, packet: Any) -> None: ...

    def end(self) -> None: ...


class _Copy:
    """As it is."""

    def __init__(self, made: Any, stream: Any) -> None:
        self.made = made
        self.stream = made.add_stream_from_template(stream)

    def take(self, packet: Any) -> None:
        if packet.dts is not None:
            packet.stream = self.stream
            self.made.mux(packet)

    def end(self) -> None:
        """Nothing is kept back."""


class _Video:
    """As H.264, upright, with square pixels and an even number of them."""

    def __init__(self, made: Any, stream: Any, first: Any, quality: Quality, threads: int) -> None:
        self.made, self.source, self.quality = made, stream, quality
        rate = min(Fraction(stream.average_rate or quality.rate), Fraction(quality.rate))
        self.rate = max(rate, Fraction(1)).limit_denominator(1001)
        self.stream = made.add_stream("libx264", rate=self.rate, options={**quality.video, "g": "100"})
        self.stream.pix_fmt = "yuv420p"
        self.stream.codec_context.thread_count = threads
        self.graph = self._graph(first)

    def take(self, packet: Any) -> None:
        for frame in self.source.decode(packet):
            if frame.pts is not None:
                self.graph.push(frame)
                self._pull()

    def _graph(self, frame: Any) -> Any:
        """The filters that bring pictures like this one into their new form; sets the new size."""
        turn = _turn(frame)
        across, down = frame.width * Fraction(self.source.sample_aspect_ratio or 1), Fraction(frame.height)
        if turn in (90, 270):
            across, down = down, across
        scale = min(Fraction(1), Fraction(self.quality.side) / min(across, down))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (across, down))
        self.stream.width, self.stream.height = width, height
        turns = {90: [("transpose", "2")], 180: [("hflip", ""), ("vflip", "")], 270: [("transpose", "1")]}
        graph = av.filter.Graph()
        nodes = [graph.add_buffer(template=self.source, time_base=self.source.time_base)]
        steps = [
            *turns.get(turn, []), ("scale", f"{width}:{height}"), ("setsar", "1"), ("fps", str(self.rate)),
            ("format", "yuv420p"),
        ]  # fmt: skip
        nodes += [graph.add(name, options) if options else graph.add(name) for name, options in steps]
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph

    def _pull(self) -> None:
        while True:
            try:
                frame = self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return  # it wants more, or has given all
            self.made.mux(self.stream.encode(frame))

    def end(self) -> None:
        """What is still in the filters and in the encoder."""
        self.graph.push(None)
        self._pull()
        self.made.mux(self.stream.encode())


class _Audio:
    """As AAC."""

    def __init__(self, made: Any, stream: Any, quality: Quality) -> None:
        self.made, self.source = made, stream
        self.stream = made.add_stream("aac", rate=44_100, layout=quality.layout)
        self.stream.codec_context.bit_rate = quality.audio

    def take(self, packet: Any) -> None:
        for frame in self.source.decode(packet):
            self.made.mux(self.stream.encode(frame))

    def end(self) -> None:
        """What is still in the encoder."""
        self.made.mux(self.stream.encode())
