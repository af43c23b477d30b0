"""What the doors and the gateway write into the audit trail: never the contents of a request."""

import asyncio
import ipaddress
from collections.abc import Callable
from concurrent.futures import Future

import structlog
from google.protobuf.message import Message

from gateway.audit import Actor, AuditEntry, AuditEvent, AuditLog, PersonTokens
from gateway.audit.entry import DESK, GATEWAY, GROUP, ROLES, THIS_MACHINE, in_form
from gateway.capture.values import CaptureSnapshot, CaptureState
from gateway.devices.state import DeviceSnapshot
from gateway.service.access import READ_ONLY, Caller
from gateway.trust import ClockJump

log = structlog.get_logger(__name__)

PATIENCE_S = 2.0
"""An answer waits no longer for the disk than this; its entry is written all the same."""

REPEATED_S = 60.0
"""Refusals of one kind of look within so long are counted together."""

_CANCELLED, _STOPPING = "CANCELLED", "STOPPING"
_UNREFUSED = ("OK", _CANCELLED)
"""How a look ends that was not refused; a client ends a watch by leaving."""

_OBJECTS = (
    ("capture", "capture_id"),
    ("enrolment", "enrolment_id"),
    ("packet", "packet_id"),
    ("calibration", "calibration_id"),
    ("lease", "lease_id"),
    ("card", "job_id"),
)
"""The nearest first: a capture under a lease is about the capture."""


class AuditTrail:
    """Puts what happens into the form of the trail; belongs to the event loop's thread.

    Parameters
    ----------
    trail : AuditLog
    tokens : PersonTokens
    knows_device : callable
        Whether a device id is one of this desk's, and so no text of a client.
    """

    def __init__(self, trail: AuditLog, tokens: PersonTokens, knows_device: Callable[[str], bool]) -> None:
        self._trail = trail
        self._tokens = tokens
        self._knows_device = knows_device
        self._losses: dict[str, int] = {}
        self._repeated: dict[tuple[Actor, str, str], int] = {}
        self._failing = False

    async def called(
        self, method: str, caller: Caller, request: Message | None, response: Message | None, outcome: str, reason: str
    ) -> None:
        """A call has ended: every one that changes something, and every one that was refused.

        One that changes something is waited for until its entry is on the disk. A refused look is not: nothing
        was done, and looks come often.

        Parameters
        ----------
        method : str
            `Service.Method`.
        request, response : Message or None
            None where there is none. Ids that the gateway made are taken from them, and nothing else.
        outcome : str
            `OK`, or the name of the gRPC status.
        reason : str
            Of the error table; empty where it went well.
        """
        reads = method in READ_ONLY
        if reads and (outcome in _UNREFUSED or reason == _STOPPING):
            return
        messages = [message for message in (response, request) if message is not None]
        kind, object_id = self._object(messages)
        event = AuditEvent(
            event=method,
            outcome=outcome,
            reason=_reason(reason),
            actor=self._actor(caller, request),
            device=self._device(messages),
            object_kind=kind,
            object_id=object_id,
        )
        if reads:
            self._refused_look(event)
            return
        written = self._submit(event)
        if outcome != _CANCELLED:  # then nobody waits for an answer
            await _settled(written)

    def _refused_look(self, event: AuditEvent) -> None:
        """The first of its kind at once, those that follow within a while as one entry with their number.

        A page that polls for a capture that is gone asks ten times a second, all day.
        """
        key = (event.actor, event.event, event.reason)
        if key in self._repeated:
            self._repeated[key] += 1
            return
        self._repeated[key] = 0
        self._submit(event)
        asyncio.get_running_loop().call_later(REPEATED_S, self._tell_repeated, key)

    def _tell_repeated(self, key: tuple[Actor, str, str]) -> None:
        count = self._repeated.pop(key, 0)
        if count:
            actor, method, reason = key
            self._submit(AuditEvent(method, "REPEATED", reason, actor, count=count))

    def close(self) -> None:
        """Write what was counted."""
        for key in list(self._repeated):
            self._tell_repeated(key)

    async def started(self, *, orderly: bool) -> None:
        """Notes that the gateway serves, and whether its last run had ended as it should."""
        await _settled(self._submit(AuditEvent("gateway.started", reason="" if orderly else "AFTER_CRASH")))

    def stopped(self) -> None:
        """Notes that it does not any more."""
        self._submit(AuditEvent("gateway.stopped"))

    def device_changed(self, snapshot: DeviceSnapshot) -> None:
        """Notes a device that was lost."""
        before = self._losses.get(snapshot.device_id)
        self._losses[snapshot.device_id] = snapshot.health.losses
        if before is not None and snapshot.health.losses > before:
            device = self._tokens.device_name(snapshot.device_id)
            self._submit(AuditEvent("device.lost", "LOST", "DEVICE_LOST", device=device))

    def capture_changed(self, snapshot: CaptureSnapshot) -> None:
        """Notes how a capture ended, and whether it was recorded."""
        ended, request = snapshot.ended, snapshot.request
        if ended is None or snapshot.state is not CaptureState.DONE:
            return
        self._submit(
            AuditEvent(
                event="capture.recorded" if ended.recorded else "capture.ended",
                outcome=ended.outcome.name,
                reason=_reason(ended.problem.reason) if ended.problem else "",
                actor=Actor(operator=self._tokens.operator_name(request.operator)),
                device=self._tokens.device_name(request.device_id),
                object_kind="capture",
                object_id=self._tokens.object_name(request.capture_id),
            )
        )

    def clock_jumped(self, jump: ClockJump) -> None:
        """Notes that somebody set the clock. May be called from any thread."""
        self._submit(AuditEvent("clock.jumped", "UNTRUSTED", "CLOCK_SET", shift_ms=round(jump.by_s * 1000)))

    def _submit(self, event: AuditEvent) -> "Future[AuditEntry]":
        written = self._trail.submit(event)
        written.add_done_callback(self._tell_failure)
        return written

    def _tell_failure(self, written: "Future[AuditEntry]") -> None:
        error = written.exception()
        if error is not None and not self._failing:  # once, not for each of a full disk's day
            log.error("audit_entries_missing", error=str(error))
        self._failing = error is not None

    def _actor(self, caller: Caller, request: Message | None) -> Actor:
        operator = str(getattr(request, "operator", "") or "")
        roles = tuple(sorted(caller.roles & frozenset(ROLES)))
        return Actor(peer_name(caller.peer, caller.desk_id), roles, self._tokens.operator_name(operator))

    def _device(self, messages: list[Message]) -> str:
        for message in _with_parts(messages):
            named = getattr(message, "device_id", "") or next(iter(getattr(message, "device_ids", ())), "")
            if isinstance(named, str) and named:
                known = self._knows_device(named)
                return self._tokens.device_name(named) if known else self._tokens.foreign_name(named)
        return ""

    def _object(self, messages: list[Message]) -> tuple[str, str]:
        parts = _with_parts(messages)
        for kind, field in _OBJECTS:
            for message in parts:
                named = getattr(message, field, "")
                if isinstance(named, str) and named:
                    return kind, self._tokens.object_name(named)
        return "", ""


async def _settled(written: "Future[AuditEntry]") -> None:
    """Wait until it is on the disk, or cannot be, or for as long as an answer may wait."""
    waited = asyncio.wrap_future(written)
    waited.add_done_callback(lambda done: done.cancelled() or done.exception())  # it was told in the log
    await asyncio.wait({waited}, timeout=PATIENCE_S)


def _reason(reason: str) -> str:
    # A reason that somebody named with a digit must not cost the call its answer.
    return reason if in_form("reason", reason) else "UNLISTED"


def peer_name(peer: str, desk_id: str = "") -> str:
    """A caller's peer, as the doors name it, in the form of the trail; names that a person typed stay out of it.

    Parameters
    ----------
    peer : str
    desk_id : str
        Of the desk that calls.
    """
    if peer in (THIS_MACHINE, GATEWAY):
        return peer
    if peer.startswith(f"{THIS_MACHINE}, group "):
        return GROUP
    if peer.startswith("desk "):
        return named if in_form("peer", named := f"{DESK}:{desk_id}") else DESK
    address = peer.removeprefix("ipv4:").removeprefix("ipv6:").replace("%5B", "[").replace("%5D", "]")
    host = address.rpartition(":")[0].strip("[]") if address.count(":") == 1 or "]" in address else address
    try:
        return f"ip:{ipaddress.ip_address(host.partition('%')[0])}"
    except ValueError:
        return "browser"


def _with_parts(messages: list[Message]) -> list[Message]:
    """Each message, then the messages that are its fields: `StartCaptureResponse.capture`."""
    found: list[Message] = []
    for message in messages:
        found.append(message)
        found += [part for _, part in message.ListFields() if isinstance(part, Message)]
    return found
