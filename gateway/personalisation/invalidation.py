"""A card put out of use: terminated as a whole where the chip allows it, else its applications (ISO/IEC 7816-9)."""

from collections.abc import Sequence

from drivers import CardRefused, CardWriter, CommandApdu
from gateway.card import MalformedCardData, Transmit
from gateway.card_profile import Application, CardProfile
from gateway.personalisation.chip import MASTER, select_application
from gateway.personalisation.connection import CardSecrets, opened_connection
from gateway.personalisation.file_control import FileLife

_TERMINATE_CARD_USAGE, _TERMINATE_DF, _DEACTIVATE_FILE = 0xFE, 0xE6, 0x04
_TERMINATED = 0x6285
_OUT_OF_USE = (FileLife.TERMINATED, FileLife.DEACTIVATED)


def end_use(writer: CardWriter, profile: CardProfile | None, secrets: CardSecrets | None) -> bool:
    """Put the card that is held out of use: plainly, as a blank lets anybody; where it refuses, over the channel.

    Parameters
    ----------
    writer : CardWriter
    profile : CardProfile, optional
        What may be on the card.
    secrets : CardSecrets, optional
        What it is opened with.

    Returns
    -------
    bool
        As `put_out_of_use`.

    Raises
    ------
    DeviceError, CardSecurityError, LookupError, PersonalisationError
    """
    applications = () if profile is None else profile.applications
    with writer.transaction():
        if put_out_of_use(writer.transmit, applications):
            return True
    if profile is None or profile.channel is None or secrets is None:
        return False
    with writer.transaction():
        connection = opened_connection(writer.transmit, profile, secrets)
        try:
            return put_out_of_use(connection.transmit, applications)
        finally:
            connection.close()


def put_out_of_use(transmit: Transmit, applications: Sequence[Application]) -> bool:
    """Terminate the card; where it refuses, its applications; where it refuses that, deactivate them.

    Parameters
    ----------
    transmit : callable
        Plain, or over the channel, where the card asks for it.
    applications : sequence of Application
        Those that may be on it.

    Returns
    -------
    bool
        Whether the card is out of use: as a whole, or every application that is on it.

    Raises
    ------
    DeviceError, SessionDead
        It was lost meanwhile.
    """
    transmit(CommandApdu(0x00, _TERMINATE_CARD_USAGE))
    # Looked at, whatever was answered: it may have been so before, or the answer be somebody else's.
    if is_terminated(transmit):
        return True
    lives = [_ended(transmit, each) for each in applications if not each.is_master]
    found = [life for life in lives if life is not None]
    return bool(found) and all(life in _OUT_OF_USE for life in found)


def _ended(transmit: Transmit, application: Application) -> FileLife | None:
    """Terminate an application, or at least deactivate it; its life then, None where it is not on the card."""
    fid = application.fid.to_bytes(2, "big")
    life = _life(transmit, application)
    for instruction in (_TERMINATE_DF, _DEACTIVATE_FILE):
        if life is not None and life not in _OUT_OF_USE:
            transmit(CommandApdu(0x00, instruction, data=fid))
            life = _life(transmit, application)
    return life


def _life(transmit: Transmit, application: Application) -> FileLife | None:
    try:
        told = select_application(transmit, application)
    except (CardRefused, MalformedCardData):
        return FileLife.CREATION  # it is there, and answers nothing of use
    return None if told is None else told.life or FileLife.CREATION


def is_terminated(transmit: Transmit) -> bool:
    """Whether the whole card is out of use."""
    answer = transmit(CommandApdu(0x00, 0xA4, 0x00, 0x0C, MASTER.to_bytes(2, "big")))
    return answer.sw == _TERMINATED
