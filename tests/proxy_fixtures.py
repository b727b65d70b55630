"""A department's server with sign-in below a path, and nginx in front of it with the configuration in the documentation."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_fixtures import free_port
from page_fixtures import ARTEFACTS, Server, start_server

from app.access.accounts import Accounts
from app.database import open_database
from app.settings import load_settings

PASSWORD = "viele Räder am Markt"
PREFIX = "/zielfinder"
EXAMPLE = ARTEFACTS.parent / "docs" / "deploy" / "nginx.conf"


@pytest.fixture(scope="module")
def department(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:  # noqa: ARG001 - sets ISEK_HOME
    """A server with the accounts petra (editor) and otto (reader), below PREFIX, that trusts a proxy on this machine."""
    folder = tmp_path_factory.mktemp("abteilung")
    file = folder / "settings.yaml"
    file.write_text(
        f"database: 'sqlite:///{folder / 'konten.sqlite3'}'\nroot_path: {PREFIX}\ntrusted_proxies: 127.0.0.1\n"
        "proxy_user_header: X-Remote-User\n",
        "utf-8",
    )
    database = open_database(load_settings(file))
    for name, role in (("petra", "editor"), ("otto", "reader")):
        Accounts(database).add(name, role, PASSWORD)
    database.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISEK_SETTINGS", str(file))
        server = start_server(folder)
    yield server
    status, log = server.stop(), server.log.read_text("utf-8")
    assert (status, "Traceback" in log) == (0, False), log


def nginx() -> str:
    """The program; without it the test is skipped, or fails where it is required."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        reason = "nginx fehlt (Debian: apt install nginx-light)"
        if os.environ.get("ISEK_REQUIRE_NGINX"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module", params=["path kept", "path stripped"])
def behind_nginx(
    request: pytest.FixtureRequest, department: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of the department's server through nginx, the path included."""
    program, folder, port = nginx(), tmp_path_factory.mktemp("nginx"), free_port()
    slash = "/" if request.param == "path stripped" else ""
    example = EXAMPLE.read_text("utf-8")
    assert "proxy_pass http://127.0.0.1:7860;" in example
    (folder / "isek.conf").write_text(
        example.replace("proxy_pass http://127.0.0.1:7860;", f"proxy_pass {department.address}{slash};"), "utf-8"
    )
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}; include {folder}/isek.conf; }} }}\n",
        "utf-8",
    )
    process = subprocess.Popen(
        [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, folder / "error.log")
        yield f"http://127.0.0.1:{port}{PREFIX}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nginx ist nicht gestartet:\n{log.read_text('utf-8', 'replace')}")
