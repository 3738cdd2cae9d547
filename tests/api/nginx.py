"""A real nginx before the application, configured by deploy/nginx.conf.template."""

import importlib.machinery
import importlib.util
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import httpx

from tests.api.api_client import Api
from tests.needs import ROOT, need


@cache
def stack() -> ModuleType:
    """scripts/stack, which writes the configuration for its own nginx too."""
    loader = importlib.machinery.SourceFileLoader("stack", str(ROOT / "scripts" / "stack"))
    spec = importlib.util.spec_from_loader("stack", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@contextmanager
def before(api: Api, folder: Path) -> Iterator[httpx.Client]:
    """A client of the nginx before the served application. Skips without nginx."""
    program = need("nginx")
    settings = api.library.backends.settings
    settings.nginx = True
    port = stack().free_port()
    host = urlsplit(settings.objects_url).netloc.rpartition("@")[2]
    written = stack().nginx_files(
        folder, port, [api.http.base_url.port], host, settings.data_dir / "objects" / "objects"
    )
    process = subprocess.Popen([str(program), "-e", str(folder / "nginx.log"), "-c", str(written)])
    try:
        url = f"http://127.0.0.1:{port}/api/v1/health/live"
        stack().until(process, lambda: stack().answers(url), "nginx")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait()
