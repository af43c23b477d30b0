"""`rekam verify` of sealed packets: what can be checked without the centre's private key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.output import Output

if TYPE_CHECKING:
    from gateway.packet import PacketGap, PacketReport
    from gateway.trust import TrustAnchors

SUFFIX = ".rekam"
MARKS = {"passed": "ok", "failed": "FAILED", "warning": "warning"}


def packet_files(path: Path) -> list[Path]:
    """The packets that `path` names: a file that is one or calls itself one, or those in a folder; none otherwise."""
    try:
        if path.is_dir():
            return sorted(each for each in path.iterdir() if _called_packet(each) and not each.name.startswith("."))
        if _called_packet(path):
            return [path]
        return [path] if path.is_file() and _begins_as_packet(path) else []
    except OSError as error:
        raise bad_usage(f"{path} cannot be read: {error.strerror}. Check its rights.") from error


@dataclass(frozen=True)
class PacketsReport:
    """What the check of some packets gave, and whether one is missing between them."""

    paths: tuple[Path, ...]
    reports: tuple["PacketReport", ...]
    gaps: tuple["PacketGap", ...]
    trusted: bool = False
    """A trust bundle was given: then each warning counts for itself, and is none that every packet has."""

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(report.ok for report in self.reports) and not self.gaps

    def document(self) -> dict[str, Any]:
        """For programs: `packets` and `gaps`; nothing where there was no packet."""
        if not self.paths:
            return {}
        return {
            "packets": [_document(path, report) for path, report in zip(self.paths, self.reports, strict=True)],
            "gaps": [
                {"after": str(self.paths[gap.after]), "before": str(self.paths[gap.before]), "detail": gap.detail}
                for gap in self.gaps
            ],
        }

    def tell(self, output: Output) -> None:
        """For people."""
        for path, report in zip(self.paths, self.reports, strict=True):
            plain = report.ok and not (self.trusted and report.warnings)
            _tell_one(path, report, output, brief=len(self.reports) > 1 and plain)
        for gap in self.gaps:
            output.say(f"{self.paths[gap.before]}: {gap.detail} (after {self.paths[gap.after]})")
        if len(self.reports) > 1 and self.ok:
            output.say(f"{len(self.reports)} packets, none missing between them.")


def verify_packets(paths: Sequence[Path], anchors: "TrustAnchors | None") -> PacketsReport:
    """Check packets, of several also that none is missing between them.

    Raises
    ------
    CommandFailure
        A file cannot be read at all.
    """
    if not paths:
        return PacketsReport((), (), ())
    from gateway.packet import packet_gaps, verify_packet

    reports = []
    for path in paths:
        try:
            reports.append(verify_packet(path, anchors))
        except OSError as error:
            raise bad_file(f"{path} cannot be read: {error.strerror or error}. Check its rights.") from error
    return PacketsReport(tuple(paths), tuple(reports), packet_gaps(reports), anchors is not None)


def _called_packet(path: Path) -> bool:
    return path.suffix == SUFFIX and (path.is_file() or path.is_symlink())


def _begins_as_packet(path: Path) -> bool:
    from gateway.packet.layout import MAGIC

    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _document(path: Path, report: "PacketReport") -> dict[str, Any]:
    header = report.header
    return {
        "file": str(path),
        "ok": report.ok,
        "fault": type(report.fault).__name__ if report.fault else None,
        "remedy": report.fault.remedy if report.fault else None,
        "checks": [
            {"name": check.name, "status": str(check.status), "detail": check.detail} for check in report.checks
        ],
        "packet_id": header.packet_id if header else None,
        "gateway_id": header.gateway_id if header else None,
        "created": header.created.wall.isoformat() if header else None,
        "time_quality": str(header.created.quality) if header else None,
        "chain_id": header.place.chain_id if header else None,
        "sequence": header.place.sequence if header else None,
        "chunks": header.chunk_count if header else None,
        "content_bytes": header.content_bytes if header else None,
        "recipients": [each.key_id for each in header.recipients] if header else None,
        "digest": report.digest,
        "sha256": report.sha256,
    }


def _tell_one(path: Path, report: "PacketReport", output: Output, *, brief: bool) -> None:
    header = report.header
    if report.ok and header is not None:
        output.say(
            f"{path}: verified: packet {header.packet_id}, number {header.place.sequence} of {header.gateway_id}, "
            f"{header.content_bytes:,} bytes for {len(header.recipients)} recipient"
            f"{'' if len(header.recipients) == 1 else 's'}"
        )
    else:
        output.say(f"{path}: NOT as it was sealed: {', '.join(check.name for check in report.failures)}")
    if brief:
        return
    for check in report.checks:
        output.say(f"  {MARKS[str(check.status)]:8}{check.name.replace('_', ' '):14}{check.detail}")
    if report.ok and header is not None:
        for each in header.recipients:
            output.say(f"  {'':8}{'recipient':14}{each.key_id}")
    if report.fault is not None:
        output.say(f"  {report.fault.remedy}")
