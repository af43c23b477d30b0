"""`[web]` and `[grpc]`: who reaches the gateway, and with which roles."""

import re
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from gateway.config.table import Roles, Table

_ORIGIN = re.compile(r"https://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")
_LOCAL_ORIGIN = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[1-9][0-9]{0,4})?")


class WebSettings(Table):
    """`[web]`: the door for browsers."""

    listen: str = "127.0.0.1:7412"
    """Empty: none."""
    origins: tuple[str, ...] = Field((), max_length=64)
    """Of other pages that may pair; the gateway's own may."""
    roles: Roles = frozenset({"operator"})
    """Of those pages, once paired. The gateway's own has the roles of this machine's clients."""

    @field_validator("origins")
    @classmethod
    def _browsers_spelling(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not (_ORIGIN.fullmatch(origin) or _LOCAL_ORIGIN.fullmatch(origin)):
                raise ValueError(
                    f"{origin!r} is no origin: https://HOST or https://HOST:PORT in lower case, without a path and "
                    "without wildcards; http for localhost alone"
                )
            if origin.endswith(":443" if origin.startswith("https") else ":80"):
                raise ValueError(f"{origin!r}: browsers leave the default port out; so must this")
        return origins


_EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


class GrpcSettings(Table):
    """`[grpc]`: native clients beside this user's own: other users of this machine, and other machines."""

    listen: str = ""
    """`HOST:PORT` for desks on other machines, which show a certificate of `rekam trust issue-desk`; empty: none."""
    names: tuple[str, ...] = Field((), max_length=16)
    """Host names and addresses by which desks reach it; the host of `listen` where that is one of them."""
    socket: Path | None = None
    """A unix socket for the users of `group`, in a folder that lets no others in."""
    group: str = Field("", pattern=r"^([a-z_][a-z0-9_-]{0,31})?$")
    group_roles: Roles = frozenset({"operator"})

    @model_validator(mode="after")
    def _complete(self) -> "GrpcSettings":
        if (self.socket is None) != (not self.group):
            raise ValueError("`socket` and `group` go together: the group's users alone may open it")
        if self.socket is not None and not self.socket.is_absolute():
            raise ValueError(f"`socket`: give the whole path, not {self.socket}")
        if self.listen and not self.reached_by:
            raise ValueError(
                f"`listen`: {self.listen} is every address of this machine; give those of desks in `names`"
            )
        return self

    @property
    def reached_by(self) -> tuple[str, ...]:
        """The names that stand in the certificate which desks are shown."""
        host = self.listen.rpartition(":")[0].strip("[]")
        own = () if host in _EVERY_ADDRESS else (host,)
        return tuple(dict.fromkeys((*own, *self.names)))
