"""The end of a key before its time: when, why, and which captures it had signed by then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from gateway.trust.clock import ClockQuality, SignedTime

MAX_NOTE = 200


class RevocationReason(StrEnum):
    """Why a key is revoked; the names of RFC 5280 clause 5.3.1 that make sense for a gateway."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    """Somebody else has, or may have, the key."""
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"


_HONEST_ENDS = (RevocationReason.SUPERSEDED, RevocationReason.CESSATION_OF_OPERATION)


@dataclass(frozen=True)
class ChainPlace:
    """A place in the chain of captures; number 0 is before the first."""

    chain_id: str
    sequence: int


@dataclass(frozen=True)
class Revocation:
    """A key was revoked.

    Parameters
    ----------
    key_id : str
        RFC 7638 thumbprint.
    reason : RevocationReason
    note : str
        In the supervisor's words; it goes into the trust bundle.
    wall : datetime
        When, UTC, by the gateway's clock.
    quality : ClockQuality
        How far that time can be believed.
    place : ChainPlace or None
        The last capture that the key may have signed, where the gateway knew its place.
    """

    key_id: str
    reason: RevocationReason
    note: str
    wall: datetime
    quality: ClockQuality
    place: ChainPlace | None

    def precedes(self, chain_id: str, sequence: int, time: SignedTime) -> bool:
        """Whether a capture at this place of a chain, of this time, was signed only after the revocation.

        The place decides within the chain that the revocation names. A time that can be believed decides besides: it
        bars a later capture that claims an earlier number. Of another chain, where neither decides, the answer is yes.
        """
        believed = ClockQuality.UNTRUSTED not in (time.quality, self.quality)
        later = believed and time.wall - timedelta(seconds=time.uncertainty_s or 0) > self.wall
        if self.place is not None and self.place.chain_id == chain_id:
            return later or sequence > self.place.sequence
        return later or not believed

    def bars(self, at: datetime) -> bool:
        """Whether what states this time, UTC, and has no place in the chain of captures, counts no more.

        A key that was put out of use had signed honestly until then. One that others may have never counts again: they
        would write an earlier time, and no place in a chain says otherwise.
        """
        return self.reason not in _HONEST_ENDS or at >= self.wall

    def to_value(self) -> dict[str, Any]:
        """As a JSON object."""
        place = self.place and {"chain_id": self.place.chain_id, "sequence": self.place.sequence}
        return {
            "kid": self.key_id,
            "reason": self.reason.value,
            "note": self.note,
            "time": self.wall.astimezone(UTC).isoformat(),
            "clock": self.quality.value,
            "place": place,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> "Revocation":
        """Read what `to_value` made.

        Raises
        ------
        ValueError
            A part is missing or not in its form.
        """
        try:
            return cls(
                key_id=_text(value["kid"]),
                reason=RevocationReason(value["reason"]),
                note=_text(value["note"]),
                wall=read_moment(value["time"]),
                quality=ClockQuality(value["clock"]),
                place=read_place(value["place"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"a revocation lacks {error}") from error


def read_place(value: Mapping[str, Any] | None) -> ChainPlace | None:
    """A place as JSON; ValueError where it is none."""
    if value is None:
        return None
    sequence = value["sequence"]
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 0:
        raise ValueError("the number of a capture is a whole number from 0")
    return ChainPlace(_text(value["chain_id"]), sequence)


def read_moment(value: object) -> datetime:
    """A time in RFC 3339 with its zone; ValueError where it is none."""
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return moment.astimezone(UTC)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 512:
        raise ValueError("a text of at most 512 characters is due")
    return value
