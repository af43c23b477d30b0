"""Devices, their history and leases as messages of the API."""

from datetime import timedelta

from rekam.v1 import common_pb2, device_pb2, lease_pb2

from drivers import DeviceKind
from gateway.capture.leases import Lease, LeaseState
from gateway.devices.history import DeviceDay, Incident
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.service import convert
from gateway.trust import time_now


def device(snapshot: DeviceSnapshot, lease: Lease | None) -> device_pb2.Device:
    """A device and who holds it."""
    identity, health = snapshot.identity, snapshot.health
    message = device_pb2.Device(
        device_id=snapshot.device_id,
        driver=identity.driver,
        vendor=identity.vendor,
        model=identity.model or snapshot.label,
        serial=identity.serial,
        firmware=identity.firmware,
        modality=_MODALITIES.get(snapshot.kind, common_pb2.MODALITY_UNSPECIFIED),
        kind=convert.enum_number(snapshot.kind, "DEVICE_KIND", device_pb2.DeviceKind),  # type: ignore[arg-type]
        ppi=identity.ppi,
        width=identity.width,
        height=identity.height,
        state=convert.enum_number(snapshot.state, "DEVICE_STATE", device_pb2.DeviceState),  # type: ignore[arg-type]
        health=device_pb2.DeviceHealth(
            captures=health.captures,
            timeouts=health.timeouts,
            resets=health.resets,
            losses=health.losses,
            failures=health.failures,
            bad_frames=health.bad_frames,
            uptime=convert.duration(health.uptime_s),
            temperature_celsius=health.temperature_c,
            last_error=health.last_error,
        ),
        lease_holder=lease.holder if lease else "",
        live_preview=snapshot.live_preview,
        calibration_id=snapshot.calibration_id,
        synthetic=snapshot.synthetic,
    )
    if snapshot.state is DeviceState.ABSENT:
        message.problem.CopyFrom(_ABSENT)
    elif snapshot.problem:
        message.problem.CopyFrom(convert.localized(snapshot.problem))
    if health.last_error_at:
        message.health.last_error_time.CopyFrom(convert.timestamp(health.last_error_at))
    if health.attached_since:
        message.health.attached_since.CopyFrom(convert.timestamp(health.attached_since))
    return message


def device_day(day: DeviceDay) -> device_pb2.DeviceDay:
    """One day of a device."""
    happened = day.happened
    return device_pb2.DeviceDay(
        date=day.day.isoformat(),
        captures=happened.captures,
        timeouts=happened.timeouts,
        resets=happened.resets,
        losses=happened.losses,
        failures=happened.failures,
        bad_frames=happened.bad_frames,
        uptime=convert.duration(happened.uptime_s),
        temperature_celsius=happened.temperature_c,
    )


def device_incident(incident: Incident) -> device_pb2.DeviceIncident:
    """One thing that went wrong with a device."""
    return device_pb2.DeviceIncident(
        time=convert.timestamp(incident.at),
        kind=convert.enum_number(incident.kind, "DEVICE_INCIDENT_KIND", device_pb2.DeviceIncidentKind),  # type: ignore[arg-type]
        detail=incident.detail,
    )


_MODALITIES = {
    DeviceKind.FINGERPRINT_SCANNER: common_pb2.MODALITY_FINGER,
    DeviceKind.IRIS_CAMERA: common_pb2.MODALITY_IRIS,
    DeviceKind.PORTRAIT_CAMERA: common_pb2.MODALITY_FACE,
    DeviceKind.SLAP_SCANNER: common_pb2.MODALITY_FINGER,
}


_ABSENT = common_pb2.LocalizedText(id="Alat tidak terpasang.", en="The device is not attached.")


def lease(value: Lease, monotonic_now: float) -> lease_pb2.Lease:
    """A lease; its end also as a wall time for people."""
    message = lease_pb2.Lease(
        lease_id=value.lease_id,
        device_ids=value.device_ids,
        holder=value.holder,
        reason=value.reason,
        state=convert.enum_number(value.state, "LEASE_STATE", lease_pb2.LeaseState),  # type: ignore[arg-type]
        queue_place=value.queue_place,
        ttl=convert.duration(value.ttl_s),
    )
    if value.state is LeaseState.HELD:
        remaining_s = max(0.0, value.expires_at - monotonic_now)
        message.remaining.CopyFrom(convert.duration(remaining_s))
        message.expires_at.CopyFrom(convert.timestamp(time_now().wall + timedelta(seconds=remaining_s)))
    return message
