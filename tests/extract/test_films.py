"""Films become what every browser plays, in the limited process."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from service.extract import films
from service.extract.sandbox import Extractor
from tests.films import film, tracks


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    made = Extractor()
    yield made
    made.close()


def test_a_film_tells_its_length_its_size_and_a_picture(extractor: Extractor, tmp_path: Path) -> None:
    found = extractor.film(film(tmp_path / "a.mkv"), "probe", tmp_path / "poster")
    assert found.state == "ready"
    assert (found.details["width"], found.details["height"]) == (640, 480)
    assert abs(float(found.details["seconds"]) - 2) < 0.2
    with Image.open(BytesIO(found.thumbnail)) as poster:
        assert (poster.format, poster.size) == ("WEBP", (480, 360))


def test_what_browsers_do_not_play_becomes_h264_and_aac_with_the_index_in_front(
    extractor: Extractor, tmp_path: Path
) -> None:
    target = tmp_path / "play.mp4"
    assert extractor.film(film(tmp_path / "a.mkv"), "play", target).state == "ready"
    assert tracks(target) == [("h264", 480), ("aac", 0)]
    assert films._index_first(target)


def test_h264_is_taken_over_as_it_is_and_only_its_index_moves(extractor: Extractor, tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", codec="libx264", sound="aac", form="mp4")
    assert not films._index_first(source)
    target = tmp_path / "play.mp4"
    extractor.film(source, "play", target)
    assert films._index_first(target)
    assert abs(target.stat().st_size - source.stat().st_size) < 200
    again = tmp_path / "again.mp4"
    assert extractor.film(target, "play", again).state == "ready"
    assert not again.exists()


def test_a_film_for_a_slow_line_is_at_most_360_px_high(extractor: Extractor, tmp_path: Path) -> None:
    target = tmp_path / "small.mp4"
    extractor.film(film(tmp_path / "a.mkv", size=(1280, 720)), "small", target)
    assert tracks(target) == [("h264", 360), ("aac", 0)]
    light = film(tmp_path / "b.mp4", codec="libx264", sound="", form="mp4", faststart=True)
    assert extractor.film(light, "small", tmp_path / "none.mp4").state == "ready"
    assert not (tmp_path / "none.mp4").exists()


def test_a_portrait_stays_upright_and_even(extractor: Extractor, tmp_path: Path) -> None:
    target = tmp_path / "small.mp4"
    extractor.film(film(tmp_path / "a.mkv", size=(722, 1282)), "small", target)
    assert tracks(target)[0] == ("h264", 640)


def test_what_is_no_film_fails_in_words(extractor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + b"\1" * 5000)
    for step in ("probe", "play", "small"):
        found = extractor.film(path, step, tmp_path / "none")
        assert (found.state, "未能转换" in found.reason) == ("failed", True)


def test_a_playlist_leads_to_no_other_file(extractor: Extractor, tmp_path: Path) -> None:
    other = film(tmp_path / "secret.ts", codec="mpeg2video", sound="", form="mpegts")
    path = tmp_path / "a.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{other}\n#EXT-X-ENDLIST\n")
    assert extractor.film(path, "play", tmp_path / "out.mp4").state == "failed"
