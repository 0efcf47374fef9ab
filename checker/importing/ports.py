"""Ports of EXPOSE as Docker parses them.

Sources: docker/go-connections 0.4 and 0.5, nat/nat.go and nat/parse.go; moby 29.7.2,
daemon/builder/dockerfile/dispatchers.go (parsePortSpec) and api/types/network/port.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable

from checker.importing.errors import ImportRefusedError
from checker.model.untrusted import whole_number
from checker.records import NamedTuple

_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_LARGEST = 65_535


class PortRange(NamedTuple):
    """Ports from the first to the last of one protocol."""

    first: int
    last: int
    protocol: str


class PortSyntax(NamedTuple):
    """What differs between versions.

    Attributes:
        words: The case of the first words of errors, such as ``Invalid``.
        ip: How an IP address is called in errors.
        splits_ip: Whether an IPv6 address has to be in brackets.
    """

    words: Callable[[str], str]
    ip: str
    splits_ip: bool


OLD_PORTS = PortSyntax(words=str, ip="ip address", splits_ip=True)
"""Docker 20.10 (go-connections 0.4)."""
PORTS = PortSyntax(words=str.lower, ip="IP address", splits_ip=False)
"""Docker 28 (go-connections 0.5)."""


PortParser = Callable[[str], PortRange]
"""Parses one specification: a port or a range, with protocol, address and host port or without.

Address and host port are ignored if they are valid. It raises ``ImportRefusedError``.
"""


def exposed_ports(specifications: Iterable[str], parse: PortParser) -> frozenset[str]:
    """The ports of EXPOSE, such as ``80/tcp``; ranges are written out.

    Args:
        specifications: The words after EXPOSE.
        parse: The parser of the version.

    Raises:
        ImportRefusedError: One of them is not valid.
    """
    ranges = {parse(specification) for specification in dict.fromkeys(specifications)}
    return frozenset(
        f"{port}/{protocol}" for protocol in _PROTOCOLS for port in _ports(ranges, protocol)
    )


def _ports(ranges: Iterable[PortRange], protocol: str) -> Iterable[int]:
    """The ports of one protocol, each once: many ranges can overlap."""
    end = -1
    for first, last, _ in sorted(each for each in ranges if each.protocol == protocol):
        yield from range(max(first, end + 1), last + 1)
        end = max(end, last)


def parse_port(syntax: PortSyntax, text: str) -> PortRange:
    """The ports of one specification (Docker up to 28, nat.ParsePortSpec).

    Raises:
        ImportRefusedError: It is not valid.
    """
    *address, container = text.split(":")
    port, _, rest = container.partition("/")
    protocol = rest.partition("/")[0] or "tcp"
    _check_ip(":".join(address[:-1]), syntax)
    if not port:
        raise ImportRefusedError(f"{syntax.words('No port specified')}: {text}<empty>")
    invalid = syntax.words("Invalid")
    ports = _range(port.split("-"), f"{invalid} containerPort: {port}")
    if address and address[-1]:
        host = address[-1]
        host_ports = _range(host.split("-"), f"{invalid} hostPort: {host}")
        _check_lengths(ports, host_ports, f"{invalid} ranges", f"{port} and {host}")
    if protocol.lower() not in _PROTOCOLS:
        raise ImportRefusedError(f"{invalid} proto: {protocol}")
    return PortRange(*ports, protocol.lower())


def parse_port_29(text: str) -> PortRange:
    """The ports of one specification (Docker 29, parsePortSpec).

    Raises:
        ImportRefusedError: It is not valid.
    """
    *address, container = text.split(":")
    port, _, protocol = container.partition("/")
    protocol = protocol.lower() or "tcp"
    if not port:
        raise ImportRefusedError(f"no port specified: {text}<empty>")
    if protocol not in _PROTOCOLS:
        raise ImportRefusedError(f"invalid proto: {protocol}")
    ip = ":".join(address[:-1])
    if ip and not _is_ip(_without_brackets(ip)):
        raise ImportRefusedError(f"invalid IP address: {ip}")
    ports = _range(port.split("-", 1), f"invalid containerPort: {port}")
    if address and address[-1]:
        host = address[-1]
        host_ports = _range(host.split("-", 1), f"invalid hostPort: {host}")
        _check_lengths(ports, host_ports, "invalid ranges", f"{port} and {host}")
    # The count of all 65,536 ports does not fit its type and becomes 0.
    return PortRange(0, -1, protocol) if ports == (0, _LARGEST) else PortRange(*ports, protocol)


def _check_ip(ip: str, syntax: PortSyntax) -> None:
    invalid = f"{syntax.words('Invalid')} {syntax.ip}"
    bare = _without_brackets(ip)
    if bare == ip and ":" in ip and syntax.splits_ip:
        raise ImportRefusedError(f"{invalid} {ip}: address {ip}:: too many colons in address")
    if bare and not _is_ip(bare):
        raise ImportRefusedError(f"{invalid}: {bare}")


def _without_brackets(ip: str) -> str:
    return ip[1:-1] if ip.startswith("[") and ip.endswith("]") else ip


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _check_lengths(
    ports: tuple[int, int], host_ports: tuple[int, int], error: str, shown: str
) -> None:
    length = ports[1] - ports[0]
    # A range of the host is allowed for a single port.
    if length and host_ports[1] - host_ports[0] != length:
        raise ImportRefusedError(f"{error} specified for container and host Ports: {shown}")


def _range(parts: list[str], error: str) -> tuple[int, int]:
    first = _number(parts[0], error)
    last = first if len(parts) == 1 else _number(parts[1], error)
    if last < first:
        raise ImportRefusedError(error)
    return first, last


def _number(text: str, error: str) -> int:
    number = whole_number(text)
    if number is None or number > _LARGEST:
        raise ImportRefusedError(error)
    return number
