"""Who may call what: one table of method and roles."""

from dataclasses import dataclass

from gateway.service.errors import RoleDeniedError

OPERATOR, SUPERVISOR, TECHNICIAN, AUDITOR = "operator", "supervisor", "technician", "auditor"
ANYONE: frozenset[str] = frozenset()
DESK = frozenset({OPERATOR, SUPERVISOR, TECHNICIAN})
ALL = frozenset({OPERATOR, SUPERVISOR, TECHNICIAN, AUDITOR})

METHOD_ROLES: dict[str, frozenset[str]] = {
    "GatewayService.GetInfo": ANYONE,
    "GatewayService.Pair": ANYONE,
    "GatewayService.GetTrustBundle": ALL,
    "GatewayService.Watch": ALL,
    "DeviceService.ListDevices": ALL,
    "DeviceService.GetDevice": ALL,
    "DeviceService.GetDeviceHistory": ALL,
    "DeviceService.WatchDevices": ALL,
    "DeviceService.ResetDevice": DESK,
    "DeviceService.RunSelfTest": DESK,
    "DeviceService.RecordDevice": DESK,
    "LeaseService.AcquireLease": DESK,
    "LeaseService.RenewLease": DESK,
    "LeaseService.ReleaseLease": DESK,
    "LeaseService.StealLease": frozenset({SUPERVISOR}),
    "LeaseService.WatchLease": ALL,
    "CaptureService.StartCapture": DESK,
    "CaptureService.WatchCapture": DESK,
    "CaptureService.NextPreview": DESK,
    "CaptureService.CommandCapture": DESK,
    "CaptureService.GetCapture": ALL,
    "CaptureService.DownloadCapture": DESK,
    "CaptureService.VerifyCapture": ALL,
    "KeyService.ListKeys": ALL,
    "KeyService.CreateKey": frozenset({SUPERVISOR}),
    "KeyService.CreateCertificateRequest": frozenset({SUPERVISOR}),
    "KeyService.InstallCertificate": frozenset({SUPERVISOR}),
    "KeyService.RotateKey": frozenset({SUPERVISOR}),
    "KeyService.RevokeKey": frozenset({SUPERVISOR}),
}
"""Roles of which a caller needs one; no role at all where the set is empty."""


@dataclass(frozen=True)
class Caller:
    """Who calls, as far as the door could tell."""

    peer: str
    roles: frozenset[str]


def check_role(method: str, caller: Caller) -> None:
    """Raise `RoleDeniedError` unless the caller may call `method` (`Service.Method`)."""
    roles = METHOD_ROLES[method]
    if roles and not roles & caller.roles:
        raise RoleDeniedError(" or ".join(sorted(roles)))
