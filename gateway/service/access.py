"""Who may call what: one table of method and roles."""

from dataclasses import dataclass

from gateway.roles import AUDITOR, OPERATOR, ROLES, SUPERVISOR, TECHNICIAN
from gateway.service.errors import RoleDeniedError

ANYONE: frozenset[str] = frozenset()
DESK = frozenset({OPERATOR, SUPERVISOR, TECHNICIAN})
ALL = ROLES
REVIEW = frozenset({SUPERVISOR, AUDITOR})
WORKSHOP = frozenset({TECHNICIAN, SUPERVISOR})
COUNTER = frozenset({OPERATOR, SUPERVISOR})
"""Who deals with people and their cards: a technician needs neither."""

METHOD_ROLES: dict[str, frozenset[str]] = {
    "GatewayService.GetInfo": ANYONE,
    "GatewayService.Pair": ANYONE,
    "GatewayService.GetTrustBundle": ALL,
    "GatewayService.ListPairings": ALL,
    "GatewayService.RevokePairing": frozenset({SUPERVISOR, TECHNICIAN}),
    "GatewayService.Watch": ALL,
    "DeviceService.ListDevices": ALL,
    "DeviceService.GetDevice": ALL,
    "DeviceService.GetDeviceHistory": ALL,
    "DeviceService.WatchDevices": ALL,
    "DeviceService.ResetDevice": DESK,
    "DeviceService.RunSelfTest": DESK,
    "DeviceService.RecordDevice": DESK,
    "DeviceService.PresentSynthetic": DESK,
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
    "CaptureService.ReadCapture": DESK,
    "CaptureService.VerifyCapture": ALL,
    "EnrolmentService.ListProfiles": ALL,
    "EnrolmentService.CreateEnrolment": DESK,
    "EnrolmentService.GetEnrolment": ALL,
    "EnrolmentService.ShowReference": DESK,
    "EnrolmentService.ListEnrolments": ALL,
    "EnrolmentService.WatchEnrolments": ALL,
    "EnrolmentService.AddCapture": DESK,
    "EnrolmentService.RemoveCapture": DESK,
    "EnrolmentService.AddException": DESK,
    "EnrolmentService.WithdrawException": DESK,
    "EnrolmentService.ApprovePart": frozenset({SUPERVISOR}),
    "EnrolmentService.AddPortrait": DESK,
    "EnrolmentService.AddSignature": DESK,
    "EnrolmentService.DownloadPart": DESK,
    "EnrolmentService.PauseEnrolment": DESK,
    "EnrolmentService.ResumeEnrolment": DESK,
    "EnrolmentService.AbandonEnrolment": DESK,
    "EnrolmentService.CheckDuplicate": DESK,
    "EnrolmentService.SealEnrolment": DESK,
    "EnrolmentService.SupplementEnrolment": DESK,
    "EnrolmentService.DownloadPacket": DESK,
    "DuplicatesService.GetExchangeKey": ALL,
    "DuplicatesService.ExportNeighbourList": frozenset({SUPERVISOR}),
    "DuplicatesService.ImportNeighbourList": frozenset({SUPERVISOR}),
    "DuplicatesService.ListNeighbours": ALL,
    "DuplicatesService.ForgetNeighbour": frozenset({SUPERVISOR}),
    "OutboxService.GetOutbox": ALL,
    "OutboxService.ListPackets": ALL,
    "OutboxService.RetryPacket": DESK,
    "OutboxService.ReleasePacket": frozenset({SUPERVISOR}),
    "OutboxService.ListStatuses": ALL,
    "OutboxService.GetStatus": ALL,
    "OutboxService.SetStatus": DESK,
    "OutboxService.WatchStatuses": ALL,
    "BundleService.NextVolume": DESK,
    "BundleService.ReadVolume": DESK,
    "BundleService.ConfirmVolume": DESK,
    "BundleService.ListVolumes": ALL,
    "BundleService.ImportAnswers": DESK,
    "KeyService.ListKeys": ALL,
    "KeyService.CreateKey": frozenset({SUPERVISOR}),
    "KeyService.CreateCertificateRequest": frozenset({SUPERVISOR}),
    "KeyService.InstallCertificate": frozenset({SUPERVISOR}),
    "KeyService.RotateKey": frozenset({SUPERVISOR}),
    "KeyService.RevokeKey": frozenset({SUPERVISOR}),
    "PurgeService.Purge": frozenset({SUPERVISOR}),
    "LinkService.GetLink": ALL,
    "LinkService.WatchLink": ALL,
    "LinkService.ListOutages": ALL,
    "LinkService.GetAvailability": ALL,
    "LinkService.ImportAnnouncement": DESK,
    "CallbackService.AddCallback": DESK,
    "CallbackService.ListCallbacks": DESK,
    "CallbackService.RemoveCallback": DESK,
    "CallbackService.QueueNotices": DESK,
    "CallbackService.SendNotices": DESK,
    "CallbackService.ListNotices": DESK,
    "CallbackService.RetryNotice": DESK,
    "CallbackService.GetWayOut": DESK,
    "CalibrationService.ListCalibrations": ALL,
    "CalibrationService.PlanCalibration": ALL,
    "CalibrationService.StartCalibration": WORKSHOP,
    "CalibrationService.WatchCalibration": ALL,
    "CalibrationService.NextCalibrationPicture": DESK,
    "CalibrationService.CommandCalibration": WORKSHOP,
    "CalibrationService.AcceptCalibration": WORKSHOP,
    "CalibrationService.RollbackCalibration": WORKSHOP,
    "CalibrationService.GetCalibrationHistory": ALL,
    "CalibrationService.DownloadCalibration": ALL,
    "CardService.WatchReaders": ALL,
    "CardService.InsertSyntheticBlank": DESK,
    "CardService.ListCardProfiles": ALL,
    "CardService.PersonaliseCard": COUNTER,
    "CardService.ResumeCardJob": COUNTER,
    "CardService.InvalidateCard": frozenset({SUPERVISOR}),
    "CardService.WriteOffCard": frozenset({SUPERVISOR}),
    "CardService.AbandonCardJob": frozenset({SUPERVISOR}),
    "CardService.GetCardJob": ALL,
    "CardService.ListCardJobs": ALL,
    "CardService.ReadCard": COUNTER,
    "CardService.VerifyHolder": COUNTER,
    "CardService.ListStock": ALL,
    "CardService.AddStock": frozenset({SUPERVISOR}),
    "CardService.SpoilBlank": COUNTER,
    "CardService.ReconcileStock": frozenset({SUPERVISOR}),
    "PaperService.RenderSlip": DESK,
    "PaperService.RenderLetter": DESK,
    "ReportService.GetDay": REVIEW,
    "AuditService.QueryAudit": REVIEW,
    "AuditService.GetHead": REVIEW,
    "AuditService.VerifyRange": REVIEW,
}
"""Roles of which a caller needs one; no role at all where the set is empty."""

READ_ONLY = frozenset(
    {
        *("GatewayService.GetInfo", "GatewayService.GetTrustBundle", "GatewayService.Watch"),
        "GatewayService.ListPairings",
        *("DeviceService.ListDevices", "DeviceService.GetDevice", "DeviceService.GetDeviceHistory"),
        *("DeviceService.WatchDevices", "LeaseService.WatchLease", "CaptureService.WatchCapture"),
        *("CaptureService.NextPreview", "CaptureService.GetCapture", "CaptureService.VerifyCapture"),
        *("EnrolmentService.ListProfiles", "EnrolmentService.GetEnrolment", "EnrolmentService.ListEnrolments"),
        "EnrolmentService.WatchEnrolments",
        *("OutboxService.GetOutbox", "OutboxService.ListPackets", "OutboxService.ListStatuses"),
        *("OutboxService.GetStatus", "OutboxService.WatchStatuses"),
        "BundleService.ListVolumes",
        *("LinkService.GetLink", "LinkService.WatchLink", "LinkService.ListOutages", "LinkService.GetAvailability"),
        *("AuditService.GetHead", "AuditService.VerifyRange", "DuplicatesService.ListNeighbours"),
        *("CallbackService.ListNotices", "CallbackService.GetWayOut"),
        *("CalibrationService.ListCalibrations", "CalibrationService.PlanCalibration"),
        *("CalibrationService.WatchCalibration", "CalibrationService.NextCalibrationPicture"),
        *("CalibrationService.GetCalibrationHistory", "CalibrationService.DownloadCalibration"),
        *("CardService.WatchReaders", "CardService.ListCardProfiles", "CardService.GetCardJob"),
        *("CardService.ListCardJobs", "CardService.ListStock"),
    }
)
"""Methods that only look: audited where they are refused. All others are, those to come too: what leaves the gateway
(DownloadCapture) and who read the trail (QueryAudit) among them."""


@dataclass(frozen=True)
class Caller:
    """Who calls, as far as the door could tell."""

    peer: str
    roles: frozenset[str]
    origin: str = ""
    """Of the page that calls; empty where none does."""
    desk_id: str = ""
    """Serial number of the certificate of the desk that calls, hexadecimal; empty where none does."""

    @property
    def identity(self) -> str:
        """Of what is the caller's own: all pages of an origin are one, and so are all clients of one native way."""
        return self.origin or self.desk_id or self.peer


def check_role(method: str, caller: Caller) -> None:
    """Raise `RoleDeniedError` unless the caller may call `method` (`Service.Method`)."""
    check_one_of(METHOD_ROLES[method], caller)


def check_own(owner: str, caller: Caller) -> None:
    """Raise `RoleDeniedError` unless the owner is the caller's identity, or the caller a supervisor."""
    if owner != caller.identity:
        check_one_of(frozenset({SUPERVISOR}), caller)


def check_one_of(roles: frozenset[str], caller: Caller) -> None:
    """Raise `RoleDeniedError` unless the caller has one of the roles, where there is any."""
    if roles and not roles & caller.roles:
        raise RoleDeniedError(" or ".join(sorted(roles)))
