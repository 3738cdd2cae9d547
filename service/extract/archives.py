"""ZIP and tar: what is in them, by name and size. Nothing is unpacked to disk."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from service.extract import Entry, Extracted, Limits, packages, zips
from service.extract.pieces import clean, unpaged
from service.extract.problems import TooLarge

_OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))
UNPACKED = 512 * 1024 * 1024
"""Bytes that a packed tar may unpack to while it is listed."""
NAME = 512
"""Characters of a member's name that are kept."""
LARGEST = (1 << 63) - 1
"""Of a member, in bytes: damaged archives claim more than any file system or database counts to."""
_UTF8 = 0x800


def read_zip(path: Path, name: str, limits: Limits) -> Extracted:
    """The members, at most limits.entries; of a learning package its kind and what its manifest says, too.

    Raises Unreadable.
    """
    with zips.opened(path) as archive:
        members = archive.infolist()
        kind, said = packages.recognised(archive)
    listing = tuple(
        Entry(member_name(member), min(member.file_size, LARGEST)) for member in members[: limits.entries]
    )
    texts, cut = unpaged([said], limits)
    details: dict[str, str | int | float] = {"package": kind} if kind else {}
    truncated = cut or len(members) > limits.entries
    return Extracted("ready", texts=texts, listing=listing, truncated=truncated, details=details)


def member_name(member: zipfile.ZipInfo) -> str:
    """zipfile takes a name without the UTF-8 flag for code page 437; here it is most likely UTF-8 or GBK."""
    name = member.orig_filename
    if not member.flag_bits & _UTF8:
        try:
            data = name.encode("cp437")
        except UnicodeEncodeError:
            return clean(name)[:NAME]
        for encoding in ("utf-8", "gb18030"):
            try:
                return clean(data.decode(encoding))[:NAME]
            except UnicodeDecodeError:
                continue
    return clean(name)[:NAME]


def read_tar(path: Path, name: str, limits: Limits) -> Extracted:
    """The members of a tar, packed or not; empty for a packed file that is no tar. A damaged end cuts it short."""
    listing: list[Entry] = []
    truncated = False
    with path.open("rb") as source:
        start = source.read(8)
    opener = next((one for magic, one in _OPENERS if start.startswith(magic)), None)
    with opener(path, "rb") if opener else path.open("rb") as unpacked:
        truncated = _list(unpacked, listing, limits, bounded=opener is not None)
    return Extracted("ready", listing=tuple(listing), truncated=truncated)


def _list(source: Any, listing: list[Entry], limits: Limits, *, bounded: bool) -> bool:
    """Append to the listing; True where it had to stop early."""
    stream = zips.Bounded(source, UNPACKED) if bounded else source
    mode = "r|" if bounded else "r:"
    try:
        with tarfile.open(fileobj=stream, mode=mode, errors="surrogateescape") as archive:  # type: ignore[call-overload]
            for member in archive:
                if len(listing) >= limits.entries:
                    return True
                listing.append(Entry(_tar_name(member.name), min(max(member.size, 0), LARGEST)))
    except (
        TooLarge,
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        ValueError,
        MemoryError,
        OverflowError,
    ):
        # No tar, a damaged one, one whose header claims a name of terabytes, or one that goes on and on: what was listed is true all the same.
        return bool(listing)
    return False


def _tar_name(name: str) -> str:
    data = name.encode("utf-8", "surrogateescape")
    try:
        return clean(data.decode("utf-8"))[:NAME]
    except UnicodeDecodeError:
        return clean(data.decode("gb18030", "replace"))[:NAME]
