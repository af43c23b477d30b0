"""One entry of the audit trail: what may stand in it, and its canonical form (RFC 8785).

An entry holds codes, identifiers that the gateway made, and times; no text that a person typed. Every field has a
form, and the forms leave no room for a person's number or for bytes: docs/audit.md has the table.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from gateway.audit.errors import AuditFieldError
from gateway.trust import ClockQuality, SignedTime

FORMAT: Final = "rekam-audit"
VERSION: Final = 1
MAX_BYTES = 4096

GATEWAY = "gateway"
"""The peer of what the gateway does by itself."""
THIS_MACHINE = "this machine"
DESK, GROUP = "desk", "group"
"""Peers on other machines that have a certificate, and users of this machine's group."""
ROLES = ("auditor", "operator", "supervisor", "technician")
OBJECT_KINDS = ("capture", "enrolment", "packet", "lease", "person", "key", "card", "calibration", "recipient", "list")

_TOKEN = r"hmac-[0-9a-f]{32}"  # noqa: S105 - a form, no secret
_FORMS = {
    "event": re.compile(r"[A-Z][A-Za-z]{1,30}Service\.[A-Z][A-Za-z]{1,40}|[a-z]{2,20}\.[a-z_]{2,30}"),
    # A desk's serial number is of 159 random bits: no number of a person's, nor text.
    "peer": re.compile(
        rf"{GATEWAY}|{THIS_MACHINE}|{GROUP}|{DESK}(?::[0-9a-f]{{30,40}})?|ip:[0-9a-f.:]{{3,39}}|browser|{_TOKEN}"
    ),
    # Words, as in `Budi-2`, `siti.r`, `OP-17`: neither a number nor base64 looks like that.
    "operator": re.compile(
        rf"|(?:[A-Z]?[a-z]{{1,20}}|[A-Z]{{1,8}})(?:[._-](?:[A-Z]?[a-z]{{1,20}}|[A-Z]{{1,8}})){{0,3}}(?:-?[0-9]{{1,6}})?|{_TOKEN}"
    ),
    "device": re.compile(
        rf"|[a-z][a-z0-9-]{{0,39}}:[A-Za-z0-9._{{}}-]{{1,40}}|[a-z][a-z0-9-]{{0,39}}:{_TOKEN}|{_TOKEN}"
    ),
    # What the gateway makes (secrets.token_hex, SHA-256), UUIDs, and thumbprints of keys (RFC 7638).
    "object_id": re.compile(
        rf"|[a-z]{{2,12}}-(?:[0-9]{{8}}T[0-9]{{6}}-)?(?:[0-9a-f]{{12}}|[0-9a-f]{{16}}|[0-9a-f]{{32}})|[0-9a-f]{{32}}|[0-9a-f]{{64}}"
        rf"|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|[A-Za-z0-9_-]{{43}}|{_TOKEN}"
    ),
    "outcome": re.compile(r"[A-Z][A-Z_]{1,39}"),
    "reason": re.compile(r"|[A-Z][A-Z_]{1,59}"),
}
_LONG_NUMBER = re.compile(r"[0-9]{9}")
"""Telephone numbers, employees' numbers (NIP) and NIKs have more digits; in what a client or a device named itself."""
_WHOLE_NUMBER = re.compile(r"(?<![0-9a-f])[0-9]{16}(?![0-9a-f])")
"""Sixteen digits that stand alone, where hexadecimal ones are due: a NIK."""

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHAIN_ID = re.compile(r"[0-9a-f]{32}")
_BOOT_ID = re.compile(r"unknown|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
MAX_COUNT = 999_999_999
_MAX_SHIFT_MS = 9_999_999_999_999  # 316 years
_MAX_INTEGER = 2**53 - 1  # RFC 8785 clause 3.2.2.3


@dataclass(frozen=True)
class Actor:
    """Who did it."""

    peer: str = GATEWAY
    """`gateway`, `this machine`, `group`, `desk`, `browser`, or `desk:` and a certificate's serial number, or `ip:` and
    an address."""
    roles: tuple[str, ...] = ()
    """That the peer had, sorted."""
    operator: str = ""
    """Who sat at the desk, as the client named them: a short name, or a token (see `gateway.audit.person`)."""


@dataclass(frozen=True)
class AuditEvent:
    """What happened, without its place in the trail. Checked when it is made.

    Raises
    ------
    AuditFieldError
        A field is not in its form.
    """

    event: str
    """A method, `CaptureService.StartCapture`, or what the gateway did or met, `device.lost`."""
    outcome: str = "OK"
    reason: str = ""
    """Code of the reason, of the error table for a refusal."""
    actor: Actor = field(default_factory=Actor)
    device: str = ""
    object_kind: str = ""
    object_id: str = ""
    count: int | None = None
    """How many times, or how many entries are missing."""
    shift_ms: int | None = None
    """By how much the clock was set."""

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class AuditEntry:
    """An event at its place in the trail."""

    sequence: int
    """From 1, without a gap within a chain."""
    chain_id: str
    previous: str | None
    """`digest` of the entry before it; None for sequence 1."""
    time: SignedTime
    boot_id: str
    event: AuditEvent

    def to_bytes(self) -> bytes:
        """The canonical form (RFC 8785), of which the digest is taken."""
        return _canonical(_as_json(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> "AuditEntry":
        """Read an entry strictly: every field in its form, none unknown, canonical to the byte.

        Raises
        ------
        AuditFieldError
        """
        return _read(data)


def entry_digest(body: bytes) -> str:
    """SHA-256 of an entry's canonical form in lower-case hexadecimal."""
    return hashlib.sha256(body).hexdigest()


@lru_cache(maxsize=4096)  # of a day's entries most fields are those of the entry before
def in_form(name: str, value: str) -> bool:
    """Whether a text may stand in the field `name` of an event."""
    if _FORMS[name].fullmatch(value) is None:
        return False
    if name == "peer" and value.startswith(f"{DESK}:"):
        return True
    if name in ("operator", "device", "peer") and "hmac-" not in value:
        return _LONG_NUMBER.search(value) is None
    return name != "object_id" or _WHOLE_NUMBER.search(value) is None


def _check(event: AuditEvent) -> None:
    actor = event.actor
    texts: tuple[tuple[str, object], ...] = (
        ("event", event.event),
        ("peer", actor.peer),
        ("operator", actor.operator),
        ("device", event.device),
        ("object_id", event.object_id),
        ("outcome", event.outcome),
        ("reason", event.reason),
    )
    for name, value in texts:
        if type(value) is not str or not in_form(name, value):
            raise AuditFieldError(f"{name}: not in its form; an entry holds codes and identifiers, no free text")
    if type(actor.roles) is not tuple or not _are_roles(actor.roles):
        raise AuditFieldError("roles: known ones are due, each once and sorted")
    if event.object_kind not in (*OBJECT_KINDS, "") or bool(event.object_kind) != bool(event.object_id):
        raise AuditFieldError("object_kind: a known kind is due where there is an object_id, and only there")
    _check_integer("count", event.count, 0, MAX_COUNT)
    _check_integer("shift_ms", event.shift_ms, -_MAX_SHIFT_MS, _MAX_SHIFT_MS)


def _are_roles(roles: tuple[object, ...]) -> bool:
    known = [role for role in roles if isinstance(role, str) and role in ROLES]
    return len(known) == len(roles) and known == sorted(set(known))


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high):
        raise AuditFieldError(f"{name}: null or an integer from {low} to {high} is due")


def _canonical(value: dict[str, Any]) -> bytes:
    # RFC 8785 for what stands here: ASCII texts without control characters, integers, null, lists and objects with
    # ASCII names. `rfc8785.dumps` gives the same bytes (a test compares them) in twelve times the time.
    return _ENCODER.encode(value).encode("ascii")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def _as_json(entry: AuditEntry) -> dict[str, Any]:
    event, moment = entry.event, entry.time
    return {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": entry.chain_id,
        "sequence": entry.sequence,
        "previous": entry.previous,
        "time": time_as_json(moment),
        "boot_id": entry.boot_id,
        "event": event.event,
        "outcome": event.outcome,
        "reason": event.reason,
        "actor": {"peer": event.actor.peer, "roles": list(event.actor.roles), "operator": event.actor.operator},
        "device": event.device,
        "object": {"kind": event.object_kind, "id": event.object_id} if event.object_kind else None,
        "count": event.count,
        "shift_ms": event.shift_ms,
    }


def time_as_json(moment: SignedTime) -> dict[str, Any]:
    """A time in whole milliseconds: integers have one spelling."""
    uncertainty_s = moment.uncertainty_s
    return {
        "wall": f"{moment.wall.isoformat(timespec='milliseconds')[:23]}Z",
        "since_boot_ms": round(moment.since_boot_s * 1000),
        "quality": moment.quality.value,
        "uncertainty_ms": None if uncertainty_s is None else round(uncertainty_s * 1000),
    }


def time_from_json(value: object) -> SignedTime:
    """What `time_as_json` wrote.

    Raises
    ------
    AuditFieldError
    """
    wall, since_boot, quality, uncertainty = _members(
        "time", value, "wall", "since_boot_ms", "quality", "uncertainty_ms"
    )
    _check_integer("time.since_boot_ms", since_boot, 0, _MAX_INTEGER)
    _check_integer("time.uncertainty_ms", uncertainty, 0, _MAX_INTEGER)
    if not isinstance(wall, str) or _WALL.fullmatch(wall) is None or since_boot is None:
        raise AuditFieldError("time: not in its form")
    try:
        return SignedTime(
            datetime.fromisoformat(wall[:-1]).replace(tzinfo=UTC),
            since_boot / 1000,
            ClockQuality(quality),
            None if uncertainty is None else uncertainty / 1000,
        )
    except ValueError as error:
        raise AuditFieldError("time: not in its form") from error


def _members(name: str, value: object, *keys: str) -> tuple[Any, ...]:
    if isinstance(value, dict) and len(value) == len(keys):
        try:
            return itemgetter(*keys)(value)  # type: ignore[no-any-return]
        except KeyError:
            pass
    raise AuditFieldError(f"{name}: {', '.join(keys)} are due, and nothing else")


_KEYS = (
    *("format", "version", "chain_id", "sequence", "previous", "time", "boot_id", "event", "outcome", "reason"),
    *("actor", "device", "object", "count", "shift_ms"),
)


def _read(data: bytes) -> AuditEntry:
    if len(data) > MAX_BYTES:
        raise AuditFieldError(f"entry: over {MAX_BYTES} bytes")
    try:
        value = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise AuditFieldError("entry: not JSON in ASCII") from error
    of = dict(zip(_KEYS, _members("entry", value, *_KEYS), strict=True))
    sequence, previous, chain_id, boot_id = of["sequence"], of["previous"], of["chain_id"], of["boot_id"]
    if of["format"] != FORMAT or of["version"] != VERSION:
        raise AuditFieldError(f"format: {FORMAT} {VERSION} is due")
    _check_integer("sequence", sequence, 1, _MAX_INTEGER)
    if sequence is None or (previous is None) != (sequence == 1):
        raise AuditFieldError("previous: null belongs to sequence 1, and to no other")
    for name, text, form in (
        ("previous", previous or "0" * 64, _HEX_DIGEST),
        ("chain_id", chain_id, _CHAIN_ID),
        ("boot_id", boot_id, _BOOT_ID),
    ):
        if not isinstance(text, str) or form.fullmatch(text) is None:
            raise AuditFieldError(f"{name}: not in its form")
    peer, roles, operator = _members("actor", of["actor"], "peer", "roles", "operator")
    kind, object_id = ("", "") if of["object"] is None else _members("object", of["object"], "kind", "id")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles) or not isinstance(kind, str):
        raise AuditFieldError("roles: not in their form")
    event = AuditEvent(
        event=of["event"],
        outcome=of["outcome"],
        reason=of["reason"],
        actor=Actor(peer, tuple(roles), operator),
        device=of["device"],
        object_kind=kind,
        object_id=object_id,
        count=of["count"],
        shift_ms=of["shift_ms"],
    )
    entry = AuditEntry(sequence, chain_id, previous, time_from_json(of["time"]), boot_id, event)
    if entry.to_bytes() != data:
        raise AuditFieldError("entry: not in canonical form (RFC 8785)")
    return entry


def milliseconds(moment: datetime) -> int:
    """Since 1970, for the index."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
