"""Magic bytes of binary formats (IANA's registry, the formats' own specifications, RFC 9559, ISO/IEC 14496-12)."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"{\\rtf", "application/rtf"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"FLV\1", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"MThd", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "font/otf"),
    (b"\0\1\0\0\0", "font/ttf"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\xdb\xa5-\0", "application/msword"),
    (b"FWS", "application/vnd.adobe.flash.movie"),
    (b"CWS", "application/vnd.adobe.flash.movie"),
    (b"ZWS", "application/vnd.adobe.flash.movie"),
    (b"MSCF", "application/vnd.ms-cab-compressed"),
)
_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic",
    b"mif1": "image/heif", b"msf1": "image/heif", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime", b"3gp4": "video/3gpp", b"3gp5": "video/3gpp", b"M4V ": "video/x-m4v",
}  # fmt: skip
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x10\x00")


def match(head: bytes) -> str | None:
    """The media type that the first bytes of a file give away; None where they do not."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    found = _executable(head) or _framed(head) or _tar(head) or _mpeg(head)
    if found:
        return found
    if head.startswith(_BIFF):
        return "application/vnd.ms-excel"
    # Up to a kilobyte may stand before a PDF's header (ISO 32000-1, Annex H).
    return "application/pdf" if b"%PDF-" in head[:1024] else None


def _executable(head: bytes) -> str | None:
    if not head.startswith(b"MZ") or len(head) < 64:
        return None
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 4] == b"PE\0\0" or b"\0" in head[:64]:
        return "application/vnd.microsoft.portable-executable"
    return None


def _framed(head: bytes) -> str | None:
    """RIFF, ISO base media, Matroska, Ogg, BMP."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide") and head[:2] == b"\0\0":
        return "video/quicktime"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:512] else "audio/ogg"
    if head.startswith(b"BM") and head[14:18] in (b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
        return "image/bmp"
    return None


def _tar(head: bytes) -> str | None:
    """ustar's magic, or the checksum of the older form."""
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if len(head) < 512 or head[0] == 0:
        return None
    try:
        told = int(head[148:156].strip(b"\0 ") or b"-", 8)
    except ValueError:
        return None
    real = sum(head[:148]) + 8 * 32 + sum(head[156:512])
    return "application/x-tar" if told == real else None


def _mpeg(head: bytes) -> str | None:
    """MPEG audio without a tag, ADTS, and transport streams."""
    if len(head) > 188 and head[0] == head[188] == 0x47 and head[376:377] in (b"\x47", b""):
        return "video/mp2t"
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    # Layers II and III alone: the bits of layer I are those of the byte order mark FF FE.
    layer, rate = head[1] & 0x06, head[2] & 0xF0
    good = head[1] & 0x18 != 0x08 and layer in (2, 4) and rate not in (0, 0xF0) and head[2] & 0x0C != 0x0C
    return "audio/mpeg" if good else None
