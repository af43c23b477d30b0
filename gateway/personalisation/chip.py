"""One command each to a chip, over whatever carries it: plainly or through a session (ISO/IEC 7816-4 and -9)."""

from drivers import CommandApdu, accepted
from gateway.card import MalformedCardData, Transmit
from gateway.card_profile import Application
from gateway.personalisation.file_control import FileControl, FileLife, read_file_control

MASTER = 0x3F00
_NOT_FOUND = (0x6A82, 0x6A88)
_DEACTIVATED, _TERMINATED = 0x6283, 0x6285
_ALL = 256


def chip_serial(transmit: Transmit) -> str:
    """Serial number, hexadecimal.

    Raises
    ------
    CardRefused
        It has none at GET DATA 0101.
    MalformedCardData
        It is empty or longer than 32 bytes.
    """
    serial = accepted(transmit(CommandApdu(0x00, 0xCA, 0x01, 0x01, ne=_ALL)), "its serial number (GET DATA 0101)")
    if not 1 <= len(serial) <= 32:
        raise MalformedCardData(f"the card's serial number has {len(serial)} bytes, not 1 to 32; take another card")
    return serial.hex().upper()


def chip_free(transmit: Transmit) -> int | None:
    """Free bytes; None where the chip does not tell."""
    answer = transmit(CommandApdu(0x00, 0xCA, 0x01, 0x02, ne=_ALL))
    if answer.sw >> 8 in (0x6A, 0x6D):
        return None
    return int.from_bytes(accepted(answer, "its free memory (GET DATA 0102)"), "big")


def select_master(transmit: Transmit) -> None:
    """Go to the master file.

    Raises
    ------
    CardRefused
        Also where the card is out of use.
    """
    accepted(transmit(CommandApdu(0x00, 0xA4, 0x00, 0x0C, MASTER.to_bytes(2, "big"))), "its master file (SELECT 3F00)")


def select_application(transmit: Transmit, application: Application) -> FileControl | None:
    """Go into an application, by its AID; None where the card has none. The master file tells nothing of itself here.

    Raises
    ------
    CardRefused, MalformedCardData
    """
    if application.is_master:
        select_master(transmit)
        return FileControl(None, None, b"")
    return _selected(transmit, 0x04, application.aid, f"application {application.name} (SELECT by AID)")


def select_file(transmit: Transmit, fid: int, name: str) -> FileControl | None:
    """Select an elementary file of the current application; None where it has none.

    Raises
    ------
    CardRefused, MalformedCardData
    """
    return _selected(transmit, 0x02, fid.to_bytes(2, "big"), f"file {name} (SELECT)")


def create_file(transmit: Transmit, template: bytes, name: str) -> None:
    """Make a file in the current directory, which becomes current.

    Raises
    ------
    CardRefused
    """
    accepted(transmit(CommandApdu(0x00, 0xE0, data=template)), f"to make {name} (CREATE FILE)")


def delete_file(transmit: Transmit, fid: int, name: str) -> None:
    """Delete a file of the current directory, with all in it.

    Raises
    ------
    CardRefused
    """
    accepted(transmit(CommandApdu(0x00, 0xE4, data=fid.to_bytes(2, "big"))), f"to delete {name} (DELETE FILE)")


def activate_file(transmit: Transmit, fid: int, name: str) -> None:
    """Activate the current directory, or a file of it: its access rules hold from now on.

    Raises
    ------
    CardRefused
    """
    accepted(transmit(CommandApdu(0x00, 0x44, data=fid.to_bytes(2, "big"))), f"to activate {name} (ACTIVATE FILE)")


def _selected(transmit: Transmit, how: int, wanted: bytes, doing: str) -> FileControl | None:
    answer = transmit(CommandApdu(0x00, 0xA4, how, 0x04, wanted, _ALL))
    if answer.sw in _NOT_FOUND:
        return None
    template = accepted(answer, doing, _DEACTIVATED, _TERMINATED)
    life = {_DEACTIVATED: FileLife.DEACTIVATED, _TERMINATED: FileLife.TERMINATED}.get(answer.sw)
    if not template:
        return FileControl(life, None, b"")
    told = read_file_control(template)
    return told if life is None else FileControl(life, told.size, told.access)
