"""Who was recorded before: searched by fingers and irises, stored encrypted, exchanged with neighbour gateways."""

from gateway.duplicates.book import MEMORY_ALONE, DuplicateBook, Erasure, NeighbourSource
from gateway.duplicates.errors import (
    BookDamaged,
    BookFull,
    BookTooNew,
    BookUnwritable,
    DuplicatesError,
    ListRefused,
    ListTooLarge,
    LocalKeyLocked,
    SearchCancelled,
)
from gateway.duplicates.fusion import FALSE_ALARM_RATE
from gateway.duplicates.keeping import BookIncident
from gateway.duplicates.people import LEAST_MINUTIAE
from gateway.duplicates.values import (
    Biometrics,
    CheckOutcome,
    CheckRemark,
    DuplicateAnswer,
    DuplicateCandidate,
    FingerSample,
    IrisSample,
    RecordedPerson,
    Strength,
    fingers_of_record,
)

__all__ = [
    "FALSE_ALARM_RATE",
    "LEAST_MINUTIAE",
    "MEMORY_ALONE",
    "Biometrics",
    "BookDamaged",
    "BookFull",
    "BookIncident",
    "BookTooNew",
    "BookUnwritable",
    "CheckOutcome",
    "CheckRemark",
    "DuplicateAnswer",
    "DuplicateBook",
    "DuplicateCandidate",
    "DuplicatesError",
    "Erasure",
    "FingerSample",
    "IrisSample",
    "ListRefused",
    "ListTooLarge",
    "LocalKeyLocked",
    "NeighbourSource",
    "RecordedPerson",
    "SearchCancelled",
    "Strength",
    "fingers_of_record",
]
