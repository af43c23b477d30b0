"""What is kept of one person for a card, as a value and as bytes; no text form shows any of it."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.card_holders.fingers import RatedFinger
from gateway.finger import FingerPosition, ImpressionType
from gateway.fingerprint import FAILED
from gateway.records import RecordError, fmr
from gateway.records.representation import REKAM_QUALITY_ALGORITHM

_NO_FINGERS: Mapping[FingerPosition, RatedFinger] = MappingProxyType({})


@dataclass(frozen=True, eq=False, repr=False)
class Holder:
    """One person, or what a supplement adds to one.

    Parameters
    ----------
    reference : str
        NIK or the number of an application; empty of a supplement.
    portrait, signature : bytes or None
        Picture files; None where there is none.
    fingers : mapping
        By position; empty for people without usable fingers.
    """

    reference: str
    portrait: bytes | None = None
    signature: bytes | None = None
    fingers: Mapping[FingerPosition, RatedFinger] = field(default_factory=lambda: _NO_FINGERS)

    def __repr__(self) -> str:
        return "<card holder>"

    def with_supplement(self, other: "Holder") -> "Holder":
        """This person with what was made good later; what is there already stands, but for fingers taken again."""
        return Holder(
            self.reference,
            self.portrait or other.portrait,
            self.signature or other.signature,
            {**self.fingers, **other.fingers},
        )


def encode_holder(holder: Holder) -> bytes:
    """The bytes of a holder: JSON, pictures and an ISO/IEC 19794-2 record in base 64 in it.

    Raises
    ------
    ValueError
        A template does not fit a record.
    """
    content = {
        "reference": holder.reference,
        "portrait": _text(holder.portrait),
        "signature": _text(holder.signature),
        "fingers": _text(_record(holder.fingers)),
    }
    return json.dumps(content).encode("ascii")


def decode_holder(content: bytes) -> Holder:
    """A holder of its bytes.

    Raises
    ------
    ValueError
        They are none; what they hold is not quoted.
    """
    try:
        held = json.loads(content)
        record = _octets(held["fingers"])
        reference = held["reference"]
        if not isinstance(reference, str):
            raise TypeError
        return Holder(
            reference,
            _octets(held["portrait"]),
            _octets(held["signature"]),
            _NO_FINGERS if record is None else _fingers(record),
        )
    except (ValueError, KeyError, TypeError, RecordError):
        # Not chained: what does not fit may be quoted there.
        raise ValueError("it is no card holder") from None


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else b64encode(octets).decode("ascii")


def _octets(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)


def _record(fingers: Mapping[FingerPosition, RatedFinger]) -> bytes | None:
    if not fingers:
        return None
    views = tuple(
        fmr.FingerView(
            position,
            ImpressionType.LIVE_SCAN_PLAIN,
            finger.template,
            (fmr.QualityBlock(finger.score, algorithm=REKAM_QUALITY_ALGORITHM),),
        )
        for position, finger in fingers.items()
    )
    # The 2011 edition: fingers of two scanners have images of different sizes.
    return fmr.encode(fmr.FingerMinutiaeRecord(fmr.Edition.ISO_2011, views))


def _fingers(record: bytes) -> Mapping[FingerPosition, RatedFinger]:
    return {
        view.position: RatedFinger(view.template, FAILED if view.quality is None else view.quality)
        for view in fmr.decode(record).views
    }
