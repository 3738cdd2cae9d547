"""The demo's films: four drawn seconds of H.264, and the subtitles beside them."""

import tempfile
from fractions import Fraction
from pathlib import Path

import av

from service.library.demo.drawings import FILMS, SIZE, frame

SECONDS, RATE = 4, 12

CAPTIONS = {
    "fractions": ("把一个圆平均分成两份", "再平均分成四份、八份", "分的份数越多，每一份越小"),
    "water": ("左边的杯子敞着口", "水变成看不见的水蒸气", "右边蒙着膜，水没有少"),
    "orbit": ("地球绕太阳转一圈是一年", "大约三百六十五天又五小时四十八分", "四年攒成将近一天"),
    "weld": ("先穿戴好防护用品", "三查：接线、绝缘、接地", "看熔池，不看弧光"),
}


def film(name: str, title: str) -> bytes:
    """An MP4 of FILMS: H.264, yuv420p, index in front (so that it plays while it loads)."""
    with tempfile.TemporaryDirectory(prefix="tongke-") as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            container.metadata["title"] = title
            stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "28"})
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, RATE)
            for n in range(SECONDS * RATE):
                picture = frame(FILMS[name], n / (SECONDS * RATE))
                image = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
                image.pts = n
                container.mux(stream.encode(image))
            container.mux(stream.encode())
        return path.read_bytes()


def subtitles(name: str) -> bytes:
    """SubRip (SRT) for the film, in UTF-8."""
    lines = (*CAPTIONS[name], "（示例）")
    step = SECONDS * 1000 // len(lines)
    cues = (
        f"{n + 1}\n00:00:{_stamp(n * step)} --> 00:00:{_stamp((n + 1) * step)}\n{line}\n"
        for n, line in enumerate(lines)
    )
    return "\n".join(cues).encode()


def _stamp(millis: int) -> str:
    return f"{millis // 1000:02d},{millis % 1000:03d}"
