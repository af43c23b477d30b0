"""The end of the issuer's time: files and applications are activated, and their access rules are tried."""

from collections.abc import Callable, Mapping

from drivers import CommandApdu, ResponseApdu
from gateway.card import Transmit
from gateway.card_profile import Condition, Operation
from gateway.personalisation.chip import activate_file, select_application, select_file
from gateway.personalisation.connection import Connection
from gateway.personalisation.errors import AccessNotHeld
from gateway.personalisation.file_control import (
    DF_OPERATIONS,
    EF_OPERATIONS,
    FileControl,
    FileLife,
    compact_access,
)
from gateway.personalisation.plan import CardPlan, PlannedFile

_REFUSALS = (0x6982, 0x6985)
"""Security status, or conditions of use, not satisfied: how a card says that an access rule forbids something."""


def activate_card(connection: Connection, plan: CardPlan, lives: Mapping[str, FileLife | None]) -> None:
    """Activate what is not activated yet: the files of an application, then itself, in the profile's order.

    Parameters
    ----------
    connection : Connection
    plan : CardPlan
    lives : mapping of str to FileLife
        By the name of a file or application: how each was found. None is taken for "not yet".

    Raises
    ------
    CardRefused, MalformedCardData, DeviceError, SessionDead
    """
    for application in plan.applications:
        select_application(connection.transmit, application)
        for planned in plan.of(application):
            if lives.get(planned.name) is not FileLife.ACTIVATED:
                activate_file(connection.transmit, planned.file.fid, planned.name)
        if not application.is_master and lives.get(application.name) is not FileLife.ACTIVATED:
            activate_file(connection.transmit, application.fid, f"application {application.name}")


def prove_access(transmit: Transmit, plan: CardPlan, before: Callable[[PlannedFile], None]) -> None:
    """Try what the profile forbids, and what it allows, as anybody who finds the card would.

    Parameters
    ----------
    transmit : callable
        Plain and fresh: after a reset, with no PIN verified and no channel open.
    plan : CardPlan
    before : callable
        Told of each file before anything of it is sent.

    Raises
    ------
    AccessNotHeld
    CardRefused, MalformedCardData, DeviceError
    """
    for application in plan.applications:
        told = select_application(transmit, application)
        if not application.is_master:
            _check_control(told, application.name, compact_access(application.access, DF_OPERATIONS))
        for planned in plan.of(application):
            before(planned)
            told = select_file(transmit, planned.file.fid, planned.name)
            _check_control(told, planned.name, compact_access(planned.file.access, EF_OPERATIONS))
            if told is not None and told.size not in (None, len(planned.content)):
                raise _not_held(f"{planned.name} is of another size than it was made")
            _try_reading(transmit, planned)
            _try_updating(transmit, planned)


def _check_control(told: FileControl | None, name: str, access: bytes) -> None:
    if told is None:
        raise _not_held(f"{name} is not there")
    if told.life is not FileLife.ACTIVATED:
        raise _not_held(f"{name} is not activated")
    if told.access and told.access != access:
        raise _not_held(f"the card tells other access rules for {name} than it was given")


def _try_reading(transmit: Transmit, planned: PlannedFile) -> None:
    answer = transmit(CommandApdu(0x00, 0xB0, 0x00, 0x00, ne=1))
    allowed = planned.file.access.get(Operation.READ) is Condition.ALWAYS
    if allowed and (not answer.ok or answer.data != planned.content[:1]):
        raise _not_held(f"{planned.name} cannot be read, and everybody may")
    _check_refusal(answer, allowed, planned, "read")


def _try_updating(transmit: Transmit, planned: PlannedFile) -> None:
    if planned.file.access.get(Operation.UPDATE) is Condition.ALWAYS:
        return
    # The first byte with itself: if the card lets it through, nothing is changed by that.
    answer = transmit(CommandApdu(0x00, 0xD6, 0x00, 0x00, planned.content[:1]))
    _check_refusal(answer, False, planned, "written")


def _check_refusal(answer: ResponseApdu, allowed: bool, planned: PlannedFile, what: str) -> None:
    if not allowed and answer.sw not in _REFUSALS:
        raise _not_held(f"{planned.name} can be {what} by anybody, or the card hides why not (SW {answer.sw:04X})")


def _not_held(what: str) -> AccessNotHeld:
    return AccessNotHeld(f"The card does not hold its profile's access rules: {what}.", "Do not hand it over.")
