"""Which pages may talk to the gateway, told by what a browser says of them and no page can forge."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.service.errors import OriginDeniedError

Headers = Sequence[tuple[bytes, bytes]]

_ONCE = frozenset({b"origin", b"authorization", b"content-type", b"content-length"})
_NO_RPC_MODES = {"no-cors", "navigate", "websocket"}
"""`Sec-Fetch-Mode` (Fetch Metadata) of requests that a page can send without asking: no call of ours is one."""


class MisdirectedError(Exception):
    """The request was meant for another host: a name that somebody made point here (DNS rebinding)."""


class MalformedError(Exception):
    """The request's headers contradict each other, or are none."""


@dataclass(frozen=True)
class WebOrigins:
    """The gateway's own origins and those that an administrator let in; compared as whole text, never by pattern.

    Parameters
    ----------
    port : int
        Of the web door.
    allowed : tuple of str
        `https://desk.example`; as browsers write them: lower case, no default port, no path.
    own_roles, page_roles : frozenset of str
        Of a paired page of the gateway's own, and of another origin's.
    """

    port: int
    allowed: tuple[str, ...] = ()
    own_roles: frozenset[str] = frozenset()
    page_roles: frozenset[str] = frozenset()
    hosts: frozenset[str] = field(init=False)
    own: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = ("127.0.0.1", "localhost", "[::1]")
        suffix = "" if self.port == 443 else f":{self.port}"
        object.__setattr__(self, "hosts", frozenset(f"{name}{suffix}" for name in names))
        object.__setattr__(self, "own", frozenset(f"https://{host}" for host in self.hosts))

    def check_host(self, headers: Headers) -> None:
        """Raise unless the request names this door as its host, and says who it is in headers of one meaning.

        Raises
        ------
        MalformedError
            A header of which there must be one comes twice, or has other letters than ASCII.
        MisdirectedError
            The host is another.
        """
        hosts, seen = set(), set()
        for name, value in headers:
            if not (name.isascii() and value.isascii()):
                raise MalformedError("a header has letters beyond ASCII")
            if name == b"host":
                hosts.add(value.decode())
            elif name in _ONCE:
                if name in seen:
                    raise MalformedError(f"there is more than one {name.decode()}")
                seen.add(name)
        if len(hosts) != 1:
            raise MalformedError("there must be one host")
        if hosts.pop().lower() not in self.hosts:
            raise MisdirectedError

    def origin_of(self, headers: Headers) -> str:
        """The origin of the page that asks; empty where no page does.

        Raises
        ------
        OriginDeniedError
            It is not let in, or the request is one that a page can send anywhere without being let.
        """
        if header(headers, b"sec-fetch-mode") in _NO_RPC_MODES:
            raise OriginDeniedError("the request's mode is not cors")
        origin = header(headers, b"origin")
        if not origin:
            if header(headers, b"sec-fetch-site"):
                raise OriginDeniedError("a browser that says no origin")
            return ""
        if origin not in self.own and origin not in self.allowed:
            raise OriginDeniedError(origin)
        return origin

    def roles_of(self, origin: str) -> frozenset[str]:
        """Roles of a paired page."""
        return self.own_roles if origin in self.own else self.page_roles


def header(headers: Headers, name: bytes) -> str:
    """The value of a header; empty where it is not there."""
    return next((value.decode("latin-1") for each, value in headers if each == name), "")
