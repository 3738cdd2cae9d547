"""A served library of the helper school and its partner, and a mirror of what the aided school's teachers may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.library import accounts
from service.mirror import lock
from service.mirror.fetching import Fetching
from service.mirror.following import Following
from service.models import Derived, File, Resource
from service.settings import Settings
from service.storage.mirrored import Mirrored
from service.terminal import prepare
from service.wiring import Backends, open_backends
from tests.api.api_client import Api, serve
from tongke import Client


@dataclass
class Copy:
    """A mirror's folder, and the means to keep it."""

    api: Api
    folder: Path
    school: str = "aided"
    access: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.api.library.backends.writing() as work:
            ident, secret = accounts.register_client(
                work, self.api.library.schools[self.school], "副本", ["resources:read"]
            )
        self.access = {"client_id": ident, "client_secret": secret}

    @property
    def settings(self) -> Settings:
        """Of the folder."""
        return Settings(data_dir=self.folder, mirror=True, convert=False, api_per_minute=0)

    @contextmanager
    def opened(self) -> Iterator[Backends]:
        """The mirror's back ends, by the library's clock."""
        backends = replace(open_backends(self.settings), clock=self.api.library.clock)
        try:
            prepare(backends)
            yield backends
        finally:
            backends.close()

    def client(self, url: str = "") -> Client:
        """Of the school's program."""
        return Client(url or str(self.api.http.base_url), **self.access, trust_env=False)

    def sync(self, *, bytes_too: bool = True, url: str = "", **how: Any) -> None:
        """Bring the copy in step, as `tongke mirror` does once."""
        with lock.held(self.folder), self.opened() as backends, self.client(url) as client:
            store = backends.objects
            assert isinstance(store, Mirrored)
            store.prepare()
            Following(backends, client, str(self.api.http.base_url), store).contact()
            if bytes_too:
                Fetching(backends, client, store, **how).run()

    def ids(self) -> set[str]:
        """Resources that it has."""
        with self.opened() as backends, backends.reading() as work:
            return set(work.session.scalars(select(col(Resource.id))))

    def indexed(self) -> set[str]:
        """Resources that its index has."""
        with self.opened() as backends:
            return {ident for ident, _revision in backends.index.ids()}

    def bytes_of(self, name: str) -> bytes | None:
        """The bytes of the file of this name; None where it says that they are not here."""
        with self.opened() as backends, backends.reading() as work:
            file = work.session.scalars(select(File).where(col(File.name) == name)).one()
            if file.withheld:
                return None
            with backends.objects.open(file.object_key) as source:
                return source.read()

    def on_disk(self) -> set[str]:
        """SHA-256 of the whole objects."""
        return {path.name for path in (self.folder / "objects").glob("??/*") if path.suffix != ".part"}

    def made(self) -> set[tuple[str, int]]:
        """What it has of what was made of files."""
        with self.opened() as backends, backends.reading() as work:
            return {tuple(row) for row in work.session.execute(select(col(Derived.kind), col(Derived.n)))}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A province of its own for each test."""
    with serve(tmp_path / "library") as found:
        yield found


@pytest.fixture
def copy(api: Api, tmp_path: Path) -> Copy:
    """An empty mirror for the aided school."""
    return Copy(api, tmp_path / "mirror")


def lesson(api: Api, title: str = "秋天的雨", content: bytes | None = None, **fields: Any) -> str:
    """A lesson of the helper school with a file, published, and open to the pair of schools; returns its id."""
    ident = api.library.draft("t_helper", title, **fields)
    if content is not None:
        api.library.attach("t_helper", ident, f"{title}.txt", content)
    api.publish(ident)
    share(api, ident)
    return ident


def share(api: Api, ident: str) -> str:
    """Open it to the pair of the helper and the aided school; returns the grant's id."""
    return api.library.share("t_helper", ident, f"pair:{api.library.pairs['school']}")
