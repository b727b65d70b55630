"""Where the server is to be found: the port it takes, the host names it answers to, what to type into a browser."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

from data.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def allowed_hosts(host: str, further: str = "") -> list[str]:
    """Names a browser may use for this server: on loopback only its own, so that no foreign page can pose as it.

    `further` names, separated by commas, are those of the setting `host_names`; with them the others are refused on
    any address.
    """
    names = [name.strip() for name in further.split(",") if name.strip()]
    if names or host == "localhost":
        return [*LOOPBACK, *names]
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return [*LOOPBACK, host] if loopback else ["*"]


def take_port(host: str, port: int) -> socket.socket:
    """A socket bound to the address; it listens only when the server starts.

    Raises:
        UserError: port in use, forbidden or out of range, or an address that is not this machine's.
    """
    if not 0 <= port <= 65_535:
        raise UserError(f"Der Port muss zwischen 1 und 65535 liegen, angegeben war {port}.")
    with contextlib.ExitStack() as on_failure:
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            taken = on_failure.enter_context(socket.socket(family, kind, protocol))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(place)
        except OSError as error:
            raise UserError(
                f"Auf {host}:{port} lässt sich kein Dienst starten ({error.strerror or error}); "
                "bitte mit --port oder PORT= einen anderen Port wählen."
            ) from error
        on_failure.pop_all()
    return taken


def web_address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
