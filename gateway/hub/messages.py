"""Messages over the hub: values to bytes and headers and back.

What is read here was written by another machine: it is looked at before anything is made of it.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gateway.centre import CentreCondition, PacketNotice, PacketStanding, StandingState
from gateway.trust.stated_values import HEX_DIGEST, NAME

NOTICES_AT_ONCE = 500
LARGEST_PACKET_BYTES = 1_100_000_000
"""As in the notice of IngestService."""
_LARGEST_NUMBER = (1 << 53) - 1
_HEX_ID = re.compile(r"[0-9a-f]{32}")
_ANSWER_BYTES = 200_000
"""In one message of an answer to an offer: a receipt has 1.5 KB, and a hub takes 1 MB at most by default."""
_NOTICE, _OFFSET, _REST = "Rekam-Notice", "Rekam-Offset", "Rekam-Rest"
REPLY_HEADER = "Rekam-Reply"


class MessageWrong(ValueError):
    """A message is not what stands under its subject."""


@dataclass(frozen=True)
class Segment:
    """Bytes of a packet; says of itself what packet, so that nothing before it is needed."""

    notice: PacketNotice
    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.offset + len(self.data)


@dataclass(frozen=True)
class CentreWord:
    """What a centre says of itself to all offices."""

    centre_id: str
    ledger_id: str
    condition: CentreCondition
    retry_after_s: float | None
    announcements: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """As it is published."""
        content = {**asdict(self), "announcements": [each.decode("ascii") for each in self.announcements]}
        return json.dumps(content).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CentreWord":
        """As it was published.

        Raises
        ------
        MessageWrong
        """
        content = _object(data)
        try:
            announcements = tuple(_text(each).encode("ascii") for each in content["announcements"])
            return cls(
                _matching(NAME, content["centre_id"]),
                _matching(_HEX_ID, content["ledger_id"]),
                CentreCondition(content["condition"]),
                _wait_s(content["retry_after_s"]),
                announcements,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MessageWrong(f"no word of a centre: {error}") from error


@dataclass(frozen=True)
class OfferAnswer:
    """A part of the answer to an offer."""

    standings: tuple[PacketStanding, ...]
    rest: int
    """Parts that follow."""
    busy: str = ""
    """The centre asks for time instead: why."""
    retry_after_s: float | None = None


def segment_headers(notice: PacketNotice, offset: int) -> dict[str, str]:
    """What goes with the bytes of a segment."""
    return {_NOTICE: json.dumps(asdict(notice), separators=(",", ":")), _OFFSET: str(offset)}


def segment_from_message(headers: Mapping[str, str] | None, data: bytes) -> Segment:
    """A segment as it came.

    Raises
    ------
    MessageWrong
    """
    if not headers or _NOTICE not in headers or _OFFSET not in headers:
        raise MessageWrong("a segment without its headers")
    notice = _notice(_object(headers[_NOTICE].encode()))
    offset = headers[_OFFSET]
    if not re.fullmatch(r"[0-9]{1,10}", offset):
        raise MessageWrong("a segment's offset is no number")
    segment = Segment(notice, int(offset), data)
    if not data or segment.end > notice.size:
        raise MessageWrong(f"bytes {segment.offset} to {segment.end} of a packet of {notice.size}")
    return segment


def notices_to_bytes(notices: Sequence[PacketNotice]) -> bytes:
    """Notices, as they are published together."""
    return json.dumps([asdict(each) for each in notices], separators=(",", ":")).encode()


def notices_from_bytes(data: bytes) -> list[PacketNotice]:
    """Notices as they came.

    Raises
    ------
    MessageWrong
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageWrong("notices that are no JSON") from error
    if not isinstance(content, list) or not 1 <= len(content) <= NOTICES_AT_ONCE:
        raise MessageWrong(f"notices come as a list of 1 to {NOTICES_AT_ONCE}")
    return [_notice(each) for each in content]


def answer_messages(standings: Sequence[PacketStanding]) -> Iterator[tuple[bytes, dict[str, str]]]:
    """The answer to an offer in parts that a hub takes: data and headers of each."""
    parts: list[list[str]] = [[]]
    size = 0
    for standing in standings:
        text = json.dumps({**asdict(standing), "receipt": standing.receipt.decode("ascii")})
        if parts[-1] and size + len(text) > _ANSWER_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += len(text)
    for number, part in enumerate(parts, 1):
        yield f'{{"standings":[{",".join(part)}]}}'.encode(), {_REST: str(len(parts) - number)}


def busy_message(why: str, retry_after_s: float) -> tuple[bytes, dict[str, str]]:
    """The answer of a centre that asks for time."""
    content = {"standings": [], "busy": why or "The centre is busy.", "retry_after_s": retry_after_s}
    return json.dumps(content).encode(), {_REST: "0"}


def read_offer_answer(headers: Mapping[str, str] | None, data: bytes) -> OfferAnswer:
    """A part of an answer as it came.

    Raises
    ------
    MessageWrong
    """
    content = _object(data)
    try:
        standings = tuple(_standing(each) for each in content["standings"])
        rest = int((headers or {}).get(_REST, "0"))
        return OfferAnswer(standings, rest, str(content.get("busy", "")), _wait_s(content.get("retry_after_s")))
    except (KeyError, TypeError, ValueError) as error:
        raise MessageWrong(f"no answer to an offer: {error}") from error


def last_to_bytes(ledger_id: str, sequence: int) -> bytes:
    """The number of an office's last answer."""
    return json.dumps({"ledger_id": ledger_id, "sequence": sequence}).encode()


def last_from_bytes(data: bytes) -> tuple[str, int]:
    """Ledger and number of an office's last answer.

    Raises
    ------
    MessageWrong
    """
    content = _object(data)
    try:
        ledger_id, sequence = content["ledger_id"], content["sequence"]
    except KeyError as error:
        raise MessageWrong(f"without {error}") from error
    return _matching(_HEX_ID, ledger_id), _whole(sequence, 0, _LARGEST_NUMBER)


def mark_to_bytes(sha256: str, end: int) -> bytes:
    """Up to where the hub took a packet."""
    return json.dumps({"sha256": sha256, "end": end}).encode()


def mark_from_bytes(data: bytes) -> tuple[str, int]:
    """Digest of a packet, and up to where the hub took it.

    Raises
    ------
    MessageWrong
    """
    content = _object(data)
    try:
        return _matching(HEX_DIGEST, content["sha256"]), _whole(content["end"], 0, LARGEST_PACKET_BYTES)
    except KeyError as error:
        raise MessageWrong(f"without {error}") from error


def _notice(content: object) -> PacketNotice:
    if not isinstance(content, dict) or set(content) != {"packet_id", "sha256", "size", "chain_id", "sequence"}:
        raise MessageWrong("a notice has other members")
    return PacketNotice(
        _matching(NAME, content["packet_id"]),
        _matching(HEX_DIGEST, content["sha256"]),
        _whole(content["size"], 1, LARGEST_PACKET_BYTES),
        _matching(NAME, content["chain_id"]),
        _whole(content["sequence"], 1, _LARGEST_NUMBER),
    )


def _standing(content: Any) -> PacketStanding:
    return PacketStanding(
        _matching(NAME, content["packet_id"]),
        StandingState(content["state"]),
        _whole(content["received"], 0, LARGEST_PACKET_BYTES),
        _text(content["receipt"]).encode("ascii"),
        _text(content["reason"]),
        _text(content["words"]),
    )


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MessageWrong("no JSON") from error
    if not isinstance(content, dict):
        raise MessageWrong("no JSON object")
    return content


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MessageWrong(f"{str(value)[:40]!r} is not of the form {pattern.pattern}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MessageWrong("no text where text is due")
    return value


def _wait_s(value: Any) -> float | None:
    """What is asked for; None where it is no time: JSON as Python reads it has Infinity, NaN and endless integers."""
    try:
        wait = math.nan if value is None else float(value)
    except OverflowError:
        return None
    return wait if math.isfinite(wait) and wait >= 0 else None


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MessageWrong(f"not a number from {least} to {most}")
    return value
