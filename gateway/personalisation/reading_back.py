"""Everything read back from a card, and held against what was to be written."""

from collections.abc import Callable
from hmac import compare_digest

from drivers import CommandApdu, accepted
from gateway.card_profile import Condition, Operation
from gateway.personalisation.chip import select_application, select_file
from gateway.personalisation.connection import Connection
from gateway.personalisation.errors import ReadBackDiffers
from gateway.personalisation.file_control import FileLife
from gateway.personalisation.plan import CardPlan, PlannedFile

_READ_BINARY = 0xB0


def read_back(connection: Connection, plan: CardPlan, before: Callable[[PlannedFile], None]) -> None:
    """Read every file of a card that is not activated, and compare.

    Parameters
    ----------
    connection : Connection
        Fresh: after a reset, so that nothing comes out of a memory of the reader's or of the session's before.
    plan : CardPlan
    before : callable
        Told of each file before anything of it is sent.

    Raises
    ------
    ReadBackDiffers
    CardRefused, MalformedCardData, DeviceError, SessionDead
    """
    for application in plan.applications:
        if select_application(connection.transmit, application) is None:
            raise _differs(f"application {application.name} is not there")
        for planned in plan.of(application):
            before(planned)
            if not planned.file.sfi and select_file(connection.transmit, planned.file.fid, planned.name) is None:
                raise _differs(f"{planned.name} is not there")
            compare(connection, planned)


def read_what_is_readable(connection: Connection, plan: CardPlan) -> dict[str, FileLife | None]:
    """Look at a card whose activation was interrupted: compare all that may still be read, and tell each file's state.

    A file that is activated and only its holder may read cannot be compared any more. It was before; that nobody put
    other bytes into it in between, while the card was away, the seal shows to whoever reads it. Without a seal nothing
    does, and the card is none.

    Returns
    -------
    dict of str to FileLife or None
        By the name of the file, and of each application.

    Raises
    ------
    ReadBackDiffers
    CardRefused, MalformedCardData, DeviceError, SessionDead
    """
    lives: dict[str, FileLife | None] = {}
    for application in plan.applications:
        told = select_application(connection.transmit, application)
        if told is None:
            raise _differs(f"application {application.name} is not there")
        lives[application.name] = told.life
        for planned in plan.of(application):
            told = select_file(connection.transmit, planned.file.fid, planned.name)
            if told is None or told.size not in (None, len(planned.content)):
                raise _differs(f"{planned.name} is not there, or of another size")
            lives[planned.name] = told.life
            if told.life is not FileLife.ACTIVATED or _may_read(connection, planned):
                compare(connection, planned, selected=True)
            elif not plan.profile.seal:
                raise _differs(f"{planned.name} cannot be compared any more, and no seal vouches for it")
    return lives


def compare(connection: Connection, planned: PlannedFile, *, selected: bool = False) -> None:
    """Read one file whole and hold it against what it must hold.

    Raises
    ------
    ReadBackDiffers
    CardRefused, DeviceError, SessionDead
    """
    sfi = 0 if selected else planned.file.sfi
    read, total = bytearray(), len(planned.content)
    while len(read) < total:
        p1 = 0x80 | sfi if sfi and not read else len(read) >> 8
        ne = min(connection.read_block, total - len(read))
        command = CommandApdu(0x00, _READ_BINARY, p1, len(read) & 0xFF, ne=ne)
        part = accepted(connection.transmit(command), f"to read {planned.name} (READ BINARY)", 0x6282)
        if not part:
            raise _differs(f"{planned.name} ends after {len(read)} of {total} bytes")
        read += part
    if not compare_digest(bytes(read), planned.content):
        raise _differs(f"{planned.name} holds other bytes than were written")


def _may_read(connection: Connection, planned: PlannedFile) -> bool:
    condition = planned.file.access.get(Operation.READ, Condition.NEVER)
    return condition is Condition.ALWAYS or (condition is Condition.CHANNEL and connection.secured)


def _differs(what: str) -> ReadBackDiffers:
    return ReadBackDiffers(f"The card does not give back what was written: {what}.", "Do not hand it over.")
