"""The writing of a card: from nothing to every file, in an order in which a torn card shows.

Files and applications stay in the state of initialisation until all was read back: to every reader that looks at the
life cycle status a card that is torn here is none. The seal, the signature over all other files, is written last.
"""

from collections.abc import Callable, Iterator

from drivers import CommandApdu, accepted
from gateway.card import Transmit
from gateway.card_profile import Application
from gateway.personalisation.chip import create_file, delete_file, select_application, select_file, select_master
from gateway.personalisation.connection import Connection
from gateway.personalisation.errors import AlreadyPersonal
from gateway.personalisation.file_control import FileLife, dedicated_file, elementary_file
from gateway.personalisation.plan import CardPlan, PlannedFile

NOT_ACTIVATED = (FileLife.CREATION, FileLife.INITIALISATION)


def check_blank(transmit: Transmit, plan: CardPlan) -> None:
    """Refuse a card that has something of the profile on it; leaves the master file current.

    Raises
    ------
    AlreadyPersonal
    CardRefused, MalformedCardData, DeviceError
    """
    found = _present(transmit, plan)
    if found:
        application = found[0][0]
        what = "files" if application.is_master else "an application"
        raise AlreadyPersonal(
            f"The card has {what} of {application.name} on it already, not by this job.",
            "Take another blank. If nobody owns this card, count it as spoiled.",
        )


def erase_torn(transmit: Transmit, plan: CardPlan) -> None:
    """Delete what an interrupted writing left; leaves the master file current.

    Raises
    ------
    AlreadyPersonal
        An application is no longer as it was made: this writing never came so far.
    CardRefused, MalformedCardData, DeviceError
    """
    for application, fids in _present(transmit, plan):
        if not application.is_master:
            told = select_application(transmit, application)
            if told is not None and told.life not in (None, *NOT_ACTIVATED):
                raise AlreadyPersonal(
                    f"Application {application.name} was changed by somebody else while the card was away.",
                    "Put the card out of use, and take another blank.",
                )
            select_master(transmit)
        for fid in fids:
            delete_file(transmit, fid, f"what is torn of {application.name}")


def write_card(connection: Connection, plan: CardPlan, before: Callable[[PlannedFile], None]) -> None:
    """Make every application and file, and fill it, with as few commands as the connection's blocks allow.

    Parameters
    ----------
    connection : Connection
        With the master file current.
    plan : CardPlan
    before : callable
        Told of each file before anything of it is sent.

    Raises
    ------
    CardRefused, MalformedCardData, DeviceError, SessionDead
    """
    made: set[str] = set()
    current: Application | None = None
    for planned in plan.files:
        before(planned)
        if current is None or current.name != planned.application.name:
            _enter(connection.transmit, planned.application, made, at_master=current is None)
            current = planned.application
        create_file(connection.transmit, elementary_file(planned.file, len(planned.content)), planned.name)
        for command in update_commands(planned.content, connection.write_block):
            accepted(connection.transmit(command), f"a block of {planned.name} (UPDATE BINARY)")


def update_commands(content: bytes, block: int) -> Iterator[CommandApdu]:
    """UPDATE BINARY of the current file, as few as blocks of that many bytes allow."""
    for start in range(0, len(content), block):
        yield CommandApdu(0x00, 0xD6, start >> 8, start & 0xFF, content[start : start + block])


def _enter(transmit: Transmit, application: Application, made: set[str], *, at_master: bool) -> None:
    """Go into an application, which is made where it was not yet."""
    if application.name in made:
        select_application(transmit, application)
        return
    if not at_master:
        select_master(transmit)
    if not application.is_master:
        create_file(transmit, dedicated_file(application), f"application {application.name}")
    made.add(application.name)


def _present(transmit: Transmit, plan: CardPlan) -> list[tuple[Application, list[int]]]:
    """What of the profile lies in the master file, with the identifiers there; the master file is current after it."""
    select_master(transmit)
    found = []
    for application in plan.profile.applications:
        if application.is_master:
            fids = []
            for file in application.files:
                if select_file(transmit, file.fid, file.name) is not None:
                    fids.append(file.fid)
        elif select_application(transmit, application) is not None or _holds_directory(transmit, application.fid):
            fids = [application.fid]
        else:
            fids = []
        if fids:
            select_master(transmit)
            found.append((application, fids))
    return found


def _holds_directory(transmit: Transmit, fid: int) -> bool:
    """Whether the current directory holds one of this identifier, under another name or none."""
    answer = transmit(CommandApdu(0x00, 0xA4, 0x01, 0x0C, fid.to_bytes(2, "big")))
    if answer.sw in (0x6A82, 0x6A86, 0x6A81):  # there is none, or the card knows no such way to ask
        return False
    accepted(answer, "a directory of its master file (SELECT)", 0x6283, 0x6285)
    return True
