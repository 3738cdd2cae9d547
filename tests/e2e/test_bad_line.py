"""A line that breaks again and again: the upload goes on by itself, each time where it stopped."""

import random
from pathlib import Path

from playwright.sync_api import Browser, Request, expect

from tests.e2e.line import line
from tests.e2e.server import Server
from tests.e2e.steps import begin_draft, choose_files, sign_in

SIZE = 8_000_000
CUTS = 10
PIECE = SIZE // (CUTS + 1)
"""Bytes that pass before a cut: the last piece follows the tenth."""


def test_an_upload_survives_ten_cuts_and_arrives_whole(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    recording = tmp_path / "课堂实录.bin"
    recording.write_bytes(random.Random(SIZE).randbytes(SIZE))
    offsets: list[int] = []

    def sent(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    with line(server.url) as bad:
        context = browser.new_context(base_url=bad.url, locale="zh-CN")
        tab = context.new_page()
        sign_in(tab, server, "teacher", "helper")
        address = begin_draft(tab, "十次断线的课")
        bad.cut_after(PIECE)
        tab.on("request", sent)
        choose_files(tab, recording)
        expect(tab.locator("#files ul.files")).to_contain_text(recording.name, timeout=300_000)
        bad.stop_cutting()
        files = tab.request.get(
            f"{server.url}/api/v1{address.removeprefix(bad.url)}/files?version=draft"
        ).json()
        content = tab.request.get(
            f"{server.url}/api/v1{address.removeprefix(bad.url)}/files/{files['items'][0]['id']}/content"
        )
        assert content.body() == recording.read_bytes()
        context.close()
    assert len(offsets) > CUTS
    assert offsets == sorted(offsets)
    assert len(set(offsets)) > CUTS
