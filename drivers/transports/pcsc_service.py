"""The PC/SC service and the readers that it names, through pyscard, which is loaded where it is first used."""

import contextlib
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.errors import DeviceAccessDenied, DeviceError, DeviceNotFound

_NAME = re.compile(
    r"(?P<model>.*?)(?: \[(?P<interface>[^\]]*)\])?(?: \((?P<serial>[^()]*)\))?"
    r" (?P<index>[0-9A-F]{2}) (?P<slot>[0-9A-F]{2})"
)


@dataclass(frozen=True)
class PcscReader:
    """One reader, or one slot of a reader, as the PC/SC service names it."""

    name: str
    """The service's own, unique now; the number in it may be another after the reader was plugged in again."""
    model: str
    serial: str
    """USB serial number, or `""`."""
    slot: str
    """`00`, or the slot's number in a reader with several."""

    @property
    def lasting_name(self) -> str:
        """What stays the same when it is plugged in again; two readers of one model without serial numbers share it."""
        name = f"{self.model} ({self.serial})" if self.serial else self.model
        return name if self.slot == "00" else f"{name} slot {self.slot}"


def reader_named(name: str) -> PcscReader:
    """Take a PC/SC reader name apart: `Model [Interface] (Serial) index slot`, as pcsc-lite builds it."""
    match = _NAME.fullmatch(name)
    if match is None:
        return PcscReader(name, name, "", "00")
    model = " ".join(part for part in (match["model"], match["interface"]) if part)
    return PcscReader(name, model, match["serial"] or "", match["slot"])


def attached_readers() -> list[PcscReader]:
    """The readers that the PC/SC service sees now, in its order; two may have one name.

    Raises
    ------
    DeviceError
        pyscard is missing, or the service does not run; the message says what to install or start.
    """
    scard = load_scard()
    context = established_context(scard)
    try:
        return listed_readers(scard, context)
    finally:
        scard.SCardReleaseContext(context)


def load_scard() -> Any:
    """pyscard's plain face to PC/SC.

    Raises
    ------
    DeviceError
        It is missing, or cannot find the system's library; the message says what to install.
    """
    try:
        from smartcard import scard
    except ImportError as error:
        raise DeviceError(
            f"pyscard, which card readers need, cannot be loaded ({error}); install it: "
            "sudo apt-get install libpcsclite1 pcscd, then pip install pyscard (never the package named smartcard)"
        ) from error
    return scard


def established_context(scard: Any) -> int:
    """A new connection to the service.

    Raises
    ------
    DeviceError
        It does not run; the message says how to start it.
    DeviceAccessDenied
        It does not serve this user.
    """
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if code == scard.SCARD_S_SUCCESS:
        return int(context)
    text = code_text(scard, code)
    if code == scard.SCARD_W_SECURITY_VIOLATION:
        raise DeviceAccessDenied(f"the PC/SC service refuses this user ({text}); allow it in polkit's rules for pcscd")
    raise DeviceError(
        f"the PC/SC service does not answer ({text}); install and start it: "
        "sudo apt-get install pcscd, then sudo systemctl enable --now pcscd.socket"
    )


def listed_readers(scard: Any, context: int) -> list[PcscReader]:
    """The readers that the service sees over this connection."""
    try:
        code, names = scard.SCardListReaders(context, [])
    except SystemError as error:  # pyscard 2.3.1 raises this in place of an error code
        raise DeviceError("the PC/SC service went away while it was asked for its readers; try again") from error
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    if code != scard.SCARD_S_SUCCESS:
        raise DeviceError(f"the PC/SC service cannot list its readers: {code_text(scard, code)}; restart it")
    return [reader_named(name) for name in names]


def chosen_reader(readers: list[PcscReader], wanted: str) -> PcscReader:
    """The one that is meant by PC/SC name, lasting name or serial number; by `""` the only one.

    Raises
    ------
    DeviceNotFound
        None is.
    DeviceError
        Several are.
    """
    fitting = [r for r in readers if wanted in ("", r.name)]
    fitting = fitting or [r for r in readers if wanted in (r.lasting_name, r.serial)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(reader.name for reader in readers) or "none"
    if not fitting:
        raise DeviceNotFound(f"there is no card reader {wanted or 'attached'}; plug it in (attached: {names})")
    if len({reader.name for reader in fitting}) == 1:
        raise DeviceError(
            f"{len(fitting)} card readers are named {fitting[0].name!r} and cannot be told apart; unplug one"
        )
    raise DeviceError(f"several card readers fit {wanted or 'as no name was given'!r}; name one of: {names}")


def code_text(scard: Any, code: int) -> str:
    """The library's words for a code, and the code."""
    return f"{scard.SCardGetErrorMessage(code).strip().rstrip('.')} ({code & 0xFFFFFFFF:08X})"


def service_sockets() -> set[tuple[int, str]]:
    """Our sockets to the PC/SC service: number and inode. Empty where /proc is not Linux's."""
    # libpcsclite takes the same variable for where the service listens.
    service = os.environ.get("PCSCLITE_CSOCK_NAME", "/run/pcscd/pcscd.comm")
    found = set()
    with contextlib.suppress(OSError):
        for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 # each is used by number
            with contextlib.suppress(OSError):
                inode = str(Path("/proc/self/fd", entry).readlink())
                if inode.startswith("socket:") and _peer(int(entry)) == service:
                    found.add((int(entry), inode))
    return found


def _peer(number: int) -> object:
    theirs = socket.socket(fileno=number)
    try:
        return theirs.getpeername()
    finally:
        theirs.detach()
