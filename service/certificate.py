"""A certificate of our own, for a service in a school's network that no authority can vouch for (`tongke serve --lan`)."""

import ipaddress
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIVES = timedelta(days=820)
"""Browsers take certificates that nobody vouches for up to 825 days (Apple's limit; others have none)."""
EARLY = timedelta(days=30)
"""So long before its end it is made anew, and for other addresses at once."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where it and its key lie, and how it is told from others: SHA-256, as browsers show it."""

    path: Path
    key: Path
    fingerprint: str


def addresses() -> list[str]:
    """The IPv4 addresses by which others in the network may reach this machine. Nothing is sent."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # the way out; an address for documents (RFC 5737), never asked
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback]


def ensure(folder: Path, ips: Sequence[str], now: datetime | None = None) -> Certificate:
    """The certificate in this folder for these addresses, this machine's name and `localhost`; made where there is none
    that fits. Readable by its owner alone."""
    now = now or datetime.now(UTC)
    path, key = folder / "lan.crt", folder / "lan.key"
    names = sorted({"localhost", socket.gethostname()})
    if path.exists() and key.exists():
        found = x509.load_pem_x509_certificate(path.read_bytes())
        if found.not_valid_after_utc - EARLY > now and _names(found) == (set(names), {*ips, "127.0.0.1"}):
            return _told(path, key, found)
    secret = ec.generate_private_key(ec.SECP256R1())
    made = _made(secret, names, sorted({*ips, "127.0.0.1"}), now)
    pem = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, pem)
    _write(path, made.public_bytes(serialization.Encoding.PEM))
    return _told(path, key, made)


def _made(
    secret: ec.EllipticCurvePrivateKey, names: Sequence[str], ips: Sequence[str], now: datetime
) -> x509.Certificate:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tongke LAN")])
    others = [x509.DNSName(name) for name in names] + [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
    return (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # the clocks of old PCs
        .not_valid_after(now + LIVES)
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _names(found: x509.Certificate) -> tuple[set[str], set[str]]:
    others = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ips = {str(ip) for ip in others.get_values_for_type(x509.IPAddress)}
    return set(others.get_values_for_type(x509.DNSName)), ips


def _told(path: Path, key: Path, found: x509.Certificate) -> Certificate:
    return Certificate(path, key, found.fingerprint(hashes.SHA256()).hex(":").upper())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.new")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(part, path)
