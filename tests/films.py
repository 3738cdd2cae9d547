"""Small films, made on the spot."""

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image


def film(
    path: Path,
    *,
    codec: str = "mpeg4",
    sound: str = "mp3",
    seconds: float = 2,
    size: tuple[int, int] = (640, 480),
    form: str = "matroska",
    faststart: bool = False,
) -> Path:
    """A film of one moving colour, with a silent track unless `sound` is empty."""
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", format=form, options=options) as made:
        video = made.add_stream(codec, rate=12)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = made.add_stream(sound, rate=44_100, layout="mono") if sound else None
        for n in range(int(seconds * 12)):
            frame = av.VideoFrame.from_image(Image.new("RGB", size, (n * 9 % 256, 120, 90)))
            frame.pts, frame.time_base = n, Fraction(1, 12)
            made.mux(video.encode(frame))
        made.mux(video.encode())
        if audio is not None:
            _silence(made, audio, seconds)
    return path


def _silence(made: av.container.OutputContainer, audio: av.AudioStream, seconds: float) -> None:
    for n in range(int(seconds * 44_100 / 1024)):
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.planes[0].update(bytes(2048))
        frame.sample_rate, frame.pts, frame.time_base = 44_100, n * 1024, Fraction(1, 44_100)
        made.mux(audio.encode(frame))
    made.mux(audio.encode())


def tracks(path: Path) -> list[tuple[str, int]]:
    """Codec and height (0 of sound) of each track."""
    with av.open(str(path)) as found:
        return [
            (stream.codec_context.name, getattr(stream.codec_context, "height", 0))
            for stream in found.streams
        ]
