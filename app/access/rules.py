"""What the settings say about who may come in: whether a sign-in is asked for, and which proxies are believed."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from app.access.person import ROLE_NAMES, ROLES
from app.settings import Settings
from data.errors import UserError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True)
class Rules:
    """`required` is whether every request needs a signed-in person; `prefix` is the sub-path, empty or ``/name``."""

    required: bool
    prefix: str
    proxies: tuple[Network, ...]
    user_header: str  # lower case, empty where no proxy signs in
    proxy_role: str

    def trusts(self, address: str) -> bool:
        """Whether the other end of a connection is one of the trusted proxies."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return any((mapped or found) in network for network in self.proxies)


def rules_of(settings: Settings, host: str) -> Rules:
    """The rules for a server on this address.

    Raises:
        UserError: a setting that makes no sense, with its name and what is expected.
    """
    header, proxies = settings.proxy_user_header.strip().lower(), _networks(settings.trusted_proxies)
    if header and not _HEADER.fullmatch(header):
        raise UserError(
            f"Die Einstellung «proxy_user_header» erwartet den Namen einer Kopfzeile wie X-Remote-User, angegeben war {header!r}."
        )
    if header and not proxies:
        raise UserError(
            "Die Einstellung «proxy_user_header» braucht «trusted_proxies»: die Adressen der Proxys, denen der Name "
            "geglaubt wird; sonst könnte sich jeder für jeden ausgeben."
        )
    prefix = settings.root_path.strip().rstrip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise UserError(
            f"Die Einstellung «root_path» erwartet einen Pfad wie /zielfinder, angegeben war {settings.root_path!r}."
        )
    behind_proxy = bool(proxies or prefix or settings.host_names.strip())
    required = settings.sign_in or behind_proxy or not is_loopback(host)
    return Rules(required, prefix, proxies, header, role_of(settings.proxy_role, "proxy_role"))


def role_of(text: str, where: str) -> str:
    """A role by its German or English name.

    Raises:
        UserError: no such role.
    """
    by_name = {name.casefold(): role for role, name in ROLE_NAMES.items()} | {role: role for role in ROLES}
    role = by_name.get(text.strip().casefold())
    if role is None:
        names = ", ".join(f"{ROLE_NAMES[role].lower()} ({role})" for role in ROLES)
        raise UserError(f"Die Rolle {text!r} ({where}) gibt es nicht; bekannt sind {names}.")
    return role


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _networks(listed: str) -> tuple[Network, ...]:
    found = []
    for text in filter(None, (part.strip() for part in listed.split(","))):
        try:
            network = ipaddress.ip_network(text, strict=False)
            if not network.prefixlen:
                raise ValueError("everybody")
            found.append(network)
        except ValueError as error:
            raise UserError(
                "Die Einstellung «trusted_proxies» erwartet Adressen oder Netze wie 127.0.0.1, 10.1.2.0/24, durch Kommas "
                f"getrennt; gefunden wurde {text!r}."
            ) from error
    return tuple(found)
