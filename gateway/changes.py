"""What changes in a gateway: told to whoever watches, to the audit log and to the metrics."""

import contextlib

from rekam.v1 import link_pb2

from gateway.capture.leases import Lease
from gateway.capture.values import CaptureSnapshot
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.enrolment import EnrolmentSummary
from gateway.events import EventLog
from gateway.metrics import DEVICE_RESETS, DEVICE_STATE
from gateway.service.audit_trail import AuditTrail
from gateway.service.gateway import GatewayEvent

EVENTS_KEPT = 2_000
CHANGES_KEPT = 500
"""Of devices and of leases: these are watched from now on, not resumed."""


class Changes:
    """Logs of one gateway, and what is written into them; belongs to the event loop's thread."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit
        self.events: EventLog[GatewayEvent] = EventLog(EVENTS_KEPT)
        self.devices: EventLog[DeviceSnapshot] = EventLog(CHANGES_KEPT)
        self.leases: EventLog[Lease] = EventLog(CHANGES_KEPT)
        self.enrolments: EventLog[EnrolmentSummary] = EventLog(EVENTS_KEPT)

    def close_with(self, stack: contextlib.AsyncExitStack) -> None:
        """Let readers end when the stack is closed."""
        for changes in (self.events, self.devices, self.leases, self.enrolments):
            stack.callback(changes.close)

    def device(self, snapshot: DeviceSnapshot) -> None:
        """Tell that a device has changed."""
        for state in DeviceState:
            DEVICE_STATE.labels(snapshot.device_id, state.value).set(snapshot.state is state)
        DEVICE_RESETS.labels(snapshot.device_id).set(snapshot.health.resets)
        self.devices.append(snapshot)
        self.events.append(snapshot)
        self._audit.device_changed(snapshot)

    def lease(self, lease: Lease) -> None:
        """Tell that a lease was taken, extended or given back."""
        self.leases.append(lease)
        self.events.append(lease)

    def capture(self, snapshot: CaptureSnapshot) -> None:
        """Tell that a capture has gone on."""
        self.events.append(snapshot)
        self._audit.capture_changed(snapshot)

    def enrolment(self, line: EnrolmentSummary) -> None:
        """Tell that an enrolment has changed."""
        self.enrolments.append(line)
        self.events.append(line)

    def link(self, link: link_pb2.Link) -> None:
        """Tell that the link to the centre has changed; who watches it alone has a log of the centre's."""
        self.events.append(link)
