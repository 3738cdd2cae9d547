"""A copy on a disk that is carried: to a school without a line, or to spare a slow one the first days.

On the disk lie `objects/` as in a mirror, `mirror.db` (the tables, with a job that makes the index anew) and, written last,
`mirror.json`, which names them all. Credentials stay where they are. Every byte is verified while it is copied, in both
directions; interrupted, either goes on where it was.
"""

import hashlib
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from service.feeder import Feeder
from service.library.mirroring import keeping, wanted
from service.storage.mirrored import PART, Mirrored
from service.wiring import Backends
from tongke.drive import digest

DATABASE, ABOUT = "mirror.db", "mirror.json"
BLOCK = 1024 * 1024
Told = Callable[[int, int], None]
"""Told (bytes that are there, bytes in all)."""


class NotCarried(Exception):
    """It cannot be done with this disk; the words say what to do."""


def export(backends: Backends, store: Mirrored, disk: Path, told: Told) -> int:
    """Write the mirror to the disk, of the bytes those that it lacks; returns how many contents it holds."""
    with backends.writing() as work:
        if not keeping.known(work):
            raise NotCarried("这个文件夹里还没有副本，没有可以导出的。")
        work.enqueue("reindex", "all", priority=1)  # for where it goes: the index does not come along
    place = Mirrored(disk / "objects")
    place.prepare()
    with backends.reading() as work:
        sizes, contact_at = wanted.kept_sizes(work), keeping.state(work).contact_at
    _carry_all(store, place, sizes, told)
    (disk / ABOUT).unlink(missing_ok=True)
    part = disk / (DATABASE + PART)
    part.unlink(missing_ok=True)
    backends.database.copy_to(part)
    os.replace(part, disk / DATABASE)
    about = {
        "revision": backends.database.revision(),
        "contact_at": contact_at.isoformat() if contact_at else "",
        "sha256": digest(disk / DATABASE),
        "objects": sizes,
    }
    part = disk / (ABOUT + PART)
    part.write_text(json.dumps(about), "utf-8")
    os.replace(part, disk / ABOUT)
    place.sweep(frozenset(sizes))
    Feeder(backends).feed()
    return len(sizes)


def bring(backends: Backends, store: Mirrored, disk: Path, told: Told) -> int:
    """Make this mirror what is on the disk; returns how many contents it holds. The bytes come first, then the tables in
    one transaction, then the index. Raises NotCarried."""
    about = _about(backends, disk)
    sizes: dict[str, int] = about["objects"]
    _carry_all(Mirrored(disk / "objects"), store, sizes, told)
    backends.database.copy_from(disk / DATABASE)
    Feeder(backends).feed()
    store.sweep(frozenset(sizes))
    return len(sizes)


def _about(backends: Backends, disk: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((disk / ABOUT).read_text("utf-8"))
        sound = digest(disk / DATABASE) == about["sha256"]
    except FileNotFoundError as error:
        raise NotCarried(f"{disk} 里没有完整的副本。请在原来的电脑上重新导出。") from error
    if not sound:
        raise NotCarried(f"{disk} 里的副本已损坏。请在原来的电脑上重新导出。")
    if about["revision"] != backends.database.revision():
        raise NotCarried("两台电脑上同课的版本不同。请更新到同一个版本，再重新导出。")
    with backends.reading() as work:
        ours = keeping.state(work).contact_at if keeping.known(work) else None
    if ours and about["contact_at"] and datetime.fromisoformat(about["contact_at"]) < ours:
        raise NotCarried("这里的副本比带来的新，没有导入。")
    return about


def _carry_all(source: Mirrored, target: Mirrored, sizes: dict[str, int], told: Told) -> None:
    done, total = 0, sum(sizes.values())
    for sha256, size in sizes.items():
        _carry(source.path(sha256), target.path(sha256), size)
        done += size
        told(done, total)


def _carry(source: Path, target: Path, size: int) -> None:
    """Copy a content, named by its SHA-256, where it is not there yet; durable and whole, or not at all."""
    if target.exists() and target.stat().st_size == size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part, found = target.with_name(target.name + PART), hashlib.sha256()
    try:
        with source.open("rb") as given, part.open("wb") as taken:
            while block := given.read(BLOCK):
                found.update(block)
                taken.write(block)
            taken.flush()
            os.fsync(taken.fileno())
    except FileNotFoundError as error:
        raise NotCarried(f"缺少文件 {source}。请重新导出。") from error
    if found.hexdigest() != target.name:
        part.unlink()
        raise NotCarried(f"文件 {source} 已损坏。请删掉它，再重新导出。")
    os.replace(part, target)
