"""A service in a school's network has a certificate of its own, and is reached by it."""

import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from service import certificate
from tests.e2e.server import free_port

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_it_is_made_once_for_its_addresses_and_anew_before_its_end(tmp_path: Path) -> None:
    made = certificate.ensure(tmp_path, ["192.168.1.9"], NOW)
    assert certificate.ensure(tmp_path, ["192.168.1.9"], NOW + timedelta(days=700)) == made
    for ips, now in ((["192.168.1.10"], NOW), (["192.168.1.10"], NOW + timedelta(days=800))):
        before, made = made, certificate.ensure(tmp_path, ips, now)
        assert made.fingerprint != before.fingerprint
    assert len(made.fingerprint.split(":")) == 32


def test_its_key_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    made = certificate.ensure(tmp_path, [], NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    found = x509.load_pem_x509_certificate(made.path.read_bytes())
    assert found.not_valid_after_utc - found.not_valid_before_utc <= timedelta(days=825)


def test_it_names_no_address_that_only_this_machine_has() -> None:
    assert not [one for one in certificate.addresses() if one.startswith("127.")]


@pytest.mark.slow
def test_the_service_answers_over_https_by_it(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve", "--lan", "--no-demo"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            said = [server.stdout.readline().strip() for _line in range(3)]
            trusted = ssl.create_default_context(cafile=str(tmp_path / "lan.crt"))
            transport = httpx.HTTPTransport(verify=trusted, retries=7)
            with httpx.Client(transport=transport, trust_env=False, timeout=60) as http:
                answer = http.get(f"https://127.0.0.1:{port}/api/v1/health/live")
        finally:
            server.terminate()
    assert answer.json() == {"status": "ok"}
    assert said[1] == certificate.ensure(tmp_path, certificate.addresses()).fingerprint
    assert said[2] == f"同课 Tongke: https://127.0.0.1:{port}"
