"""What stands on a card, read and checked for any front end; the face of the room."""

from gateway.card_reading.errors import CardNotRecognised, CardReadingError, Credential, CredentialNeeded
from gateway.card_reading.events import (
    CardOpened,
    CardReading,
    FileDone,
    FileOutcome,
    ReadFile,
    ReadingEvent,
    ReadingRestarted,
    SealVerdict,
)
from gateway.card_reading.mrz import MachineReadableZone, MrzField, MrzLayout, read_mrz
from gateway.card_reading.opening import AccessWay, CardCredentials
from gateway.card_reading.portrait import CardPortrait, portrait_of
from gateway.card_reading.reading import SealCheck, read_card
from gateway.card_reading.travel_document import IndexFault, IndexFinding

__all__ = [
    "AccessWay",
    "CardCredentials",
    "CardNotRecognised",
    "CardOpened",
    "CardPortrait",
    "CardReading",
    "CardReadingError",
    "Credential",
    "CredentialNeeded",
    "FileDone",
    "FileOutcome",
    "IndexFault",
    "IndexFinding",
    "MachineReadableZone",
    "MrzField",
    "MrzLayout",
    "ReadFile",
    "ReadingEvent",
    "ReadingRestarted",
    "SealCheck",
    "SealVerdict",
    "portrait_of",
    "read_card",
    "read_mrz",
]
