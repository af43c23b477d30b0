"""The values of the duplicate check: who was recorded, what is asked, what is answered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.guidance import LocalizedText
from gateway.iris import IrisCode
from gateway.records import fmr
from gateway.trust.stated_values import NAME

MOST_FINGERS = 40
MOST_IRISES = 8
"""Of one person: ten fingers and two irises, some of them several times."""
_LONGEST_TEXT = 512
_EPOCH_YEAR = 1970


@dataclass(frozen=True, eq=False)
class FingerSample:
    """One impression of a finger."""

    position: FingerPosition
    template: FingerTemplate = field(repr=False)


@dataclass(frozen=True, eq=False)
class IrisSample:
    """One code of an iris."""

    eye: EyePosition
    code: IrisCode = field(repr=False)

    def __post_init__(self) -> None:
        if self.eye is EyePosition.BOTH:
            raise ValueError("a code is of one eye, not of both")


@dataclass(frozen=True, eq=False)
class Biometrics:
    """What a person is searched by, or kept with; either may be empty.

    Raises
    ------
    ValueError
        More samples than a person has.
    """

    fingers: tuple[FingerSample, ...] = ()
    irises: tuple[IrisSample, ...] = ()

    def __post_init__(self) -> None:
        if len(self.fingers) > MOST_FINGERS or len(self.irises) > MOST_IRISES:
            raise ValueError(f"a person has up to {MOST_FINGERS} finger and {MOST_IRISES} iris samples")


@dataclass(frozen=True, eq=False)
class RecordedPerson:
    """Somebody who was recorded.

    Parameters
    ----------
    enrolment_id : str
        Names the person at the gateway that recorded him; no NIK.
    gateway_id : str
        That gateway.
    recorded_at : datetime
        UTC, to the millisecond: `SignedTime.wall`.
    operator : str
        Who recorded the person; may be empty.
    biometrics : Biometrics

    Raises
    ------
    ValueError
        An id is no name as a packet takes it, a text is too long, the time has no zone or is before 1970.
    """

    enrolment_id: str
    gateway_id: str
    recorded_at: datetime
    operator: str
    biometrics: Biometrics

    def __post_init__(self) -> None:
        for name in ("enrolment_id", "gateway_id"):
            # The packet of whoever is like this person states them.
            if not NAME.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} is 1 to 128 of A-Z a-z 0-9 . _ -, not {getattr(self, name)!r}")
        if len(self.operator) > _LONGEST_TEXT or not self.operator.isprintable():
            raise ValueError(f"operator is up to {_LONGEST_TEXT} printable characters, not {self.operator!r}")
        if self.recorded_at.utcoffset() != timedelta(0) or self.recorded_at.year < _EPOCH_YEAR:
            raise ValueError(f"the time of a recording is UTC, from 1970 on, not {self.recorded_at.isoformat()}")


def fingers_of_record(record: bytes) -> tuple[FingerSample, ...]:
    """The samples in a finger minutiae record (ISO/IEC 19794-2).

    Raises
    ------
    RecordError
        It is not such a record.
    """
    return tuple(FingerSample(view.position, view.template) for view in fmr.decode(record).views)


class Strength(StrEnum):
    """How sure it is that two recordings are of one person."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"

    @property
    def text(self) -> LocalizedText:
        """For the operator."""
        return _STRENGTH_TEXTS[self]


_STRENGTH_TEXTS = {
    Strength.POSSIBLE: LocalizedText("Mungkin orang yang sama: bandingkan datanya.", "Possibly the same person: look."),
    Strength.LIKELY: LocalizedText("Kemungkinan besar orang yang sama.", "Very likely the same person."),
    Strength.CERTAIN: LocalizedText("Hampir pasti orang yang sama.", "Almost certainly the same person."),
}


@dataclass(frozen=True)
class DuplicateCandidate:
    """Somebody who was recorded before and is probably the one who is asked about; nothing of the person's data.

    Parameters
    ----------
    enrolment_id, gateway_id, recorded_at, operator
        As of `RecordedPerson`.
    fingers, irises : int
        How many of each were compared and fused.
    swapped : bool
        They fit with right and left exchanged: one of the recordings has the hands, or the eyes, the wrong way round.
    fmr : float
        Share of strangers that look as alike; 1e-12 where it is less. Below 1e-4 extrapolated.
    strength : Strength
    """

    enrolment_id: str
    gateway_id: str
    recorded_at: datetime
    operator: str
    fingers: int
    irises: int
    swapped: bool
    fmr: float
    strength: Strength


class CheckOutcome(StrEnum):
    """How a duplicate check ended."""

    NO_DUPLICATE = "no_duplicate"
    DUPLICATE = "duplicate"
    NOT_CHECKED = "not_checked"
    """It could not be told; the remarks say why. Not the same as no duplicate."""


class CheckRemark(StrEnum):
    """What an answer rests on, or lacks."""

    NOTHING_USABLE = "nothing_usable"
    NOTHING_IN_COMMON = "nothing_in_common"
    NOT_LOADED = "not_loaded"
    ONE_SAMPLE = "one_sample"
    FEW_MINUTIAE = "few_minutiae"
    IRISES_OF_ANOTHER_VERSION = "irises_of_another_version"
    SOME_NOT_COMPARED = "some_not_compared"
    LIST_OUT_OF_DATE = "list_out_of_date"

    @property
    def text(self) -> LocalizedText:
        """For the operator."""
        return _REMARK_TEXTS[self]


_REMARK_TEXTS = {
    CheckRemark.NOTHING_USABLE: LocalizedText(
        "Duplikat tidak dapat diperiksa: tidak ada jari atau iris yang dapat dipakai. Ambil setidaknya satu lagi.",
        "Cannot be checked for duplicates: no finger and no iris is usable. Capture at least one again.",
    ),
    CheckRemark.NOTHING_IN_COMMON: LocalizedText(
        "Duplikat tidak dapat diperiksa: tidak seorang pun yang terekam memiliki jari atau iris yang sama jenisnya.",
        "Cannot be checked for duplicates: nobody who was recorded has a finger or an iris in common with this one.",
    ),
    CheckRemark.NOT_LOADED: LocalizedText(
        "Sebagian orang yang terekam tidak dapat dibaca dan tidak ikut diperiksa. Hubungi teknisi.",
        "Some of the recorded people could not be read and were left out. Call the technician.",
    ),
    CheckRemark.ONE_SAMPLE: LocalizedText(
        "Hanya satu jari atau iris yang dibandingkan: orang yang sama bisa terlewat.",
        "Only one finger or iris was compared: the same person may be missed.",
    ),
    CheckRemark.FEW_MINUTIAE: LocalizedText(
        "Jari hanya sedikit terlihat: orang yang sama bisa terlewat. Ambil ulang bila dapat.",
        "Little can be seen of the fingers: the same person may be missed. Capture again if possible.",
    ),
    CheckRemark.IRISES_OF_ANOTHER_VERSION: LocalizedText(
        "Sebagian iris direkam dengan versi lain dan tidak dibandingkan.",
        "Some irises were recorded with another version and were not compared.",
    ),
    CheckRemark.SOME_NOT_COMPARED: LocalizedText(
        "Sebagian orang yang terekam tidak memiliki jari atau iris yang sama jenisnya dan tidak ikut diperiksa.",
        "Some of the recorded people have no finger or iris in common with this one and were left out.",
    ),
    CheckRemark.LIST_OUT_OF_DATE: LocalizedText(
        "Daftar dari kantor tetangga sudah kedaluwarsa dan tidak ikut diperiksa. Impor yang baru.",
        "A neighbour's list is out of date and was left out. Import a new one.",
    ),
}


@dataclass(frozen=True)
class DuplicateAnswer:
    """What a search among everybody found.

    Parameters
    ----------
    outcome : CheckOutcome
    candidates : tuple of DuplicateCandidate
        Most alike first.
    remarks : tuple of CheckRemark
    people, compared : int
        How many are known, and how many of them have anything in common with who is asked about.
    false_alarm_rate : float
        Of the whole search: share of new people that would be warned of.
    """

    outcome: CheckOutcome
    candidates: tuple[DuplicateCandidate, ...]
    remarks: tuple[CheckRemark, ...]
    people: int
    compared: int
    false_alarm_rate: float
