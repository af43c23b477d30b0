"""`rekam calibrate verify`: whether signed calibrations are what a gateway signed; needs no gateway."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.output import Output, finish, reporting
from gateway.cli.trusted import trusted_gateways

if TYPE_CHECKING:
    from gateway.calibration.verification import EntryReport
    from gateway.trust import TrustAnchors

MAX_ENTRY_BYTES = 256 * 1024
MAX_SERIES_BYTES = 256 << 20


@dataclass(frozen=True)
class _Checked:
    path: Path
    report: "EntryReport"


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A .jws of a calibration, or a folder that `report` wrote.")
    ],
    trust: options.Trust = None,
    as_json: options.Json = False,
) -> None:
    """Check signatures, digests of curves and maps, and that no entry between is missing.

    Without --trust any change after signing shows, but not who signed. Exit status 3 where anything does not hold.
    """
    with reporting(as_json=as_json) as output:
        anchors = trusted_gateways(trust)
        paths = _entries(path)
        checked = [_Checked(each, _verified(each, anchors, whole=path.is_dir())) for each in paths]
        findings = _chains(checked)
        ok = all(each.report.ok for each in checked) and not findings
        _tell(checked, findings, ok=ok, output=output)
        finish(ExitStatus.DONE if ok else ExitStatus.OUTCOME)


def _entries(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise bad_usage(f"{path} is neither a file nor a folder. Name what `rekam calibrate report --out` wrote.")
    found = sorted(path.glob("*.jws"))
    if not found:
        raise bad_usage(f"There is no .jws in {path}. Name what `rekam calibrate report --out` wrote.")
    return found


def _verified(path: Path, anchors: "TrustAnchors | None", *, whole: bool) -> "EntryReport":
    from gateway.calibration.verification import verify_entry

    jws = read_file(path, MAX_ENTRY_BYTES) if path.stat().st_size else b""
    report = verify_entry(jws, anchors)
    folder = path.parent / "series"
    wanted = _series_of(report)
    if not whole or not wanted or not folder.is_dir() or not any((folder / f"{each}.z").is_file() for each in wanted):
        return report  # curves and maps go with the newest record alone
    series = {}
    for digest in wanted:
        file = folder / f"{digest}.z"
        if file.is_file() and file.stat().st_size:
            series[digest] = read_file(file, MAX_SERIES_BYTES)
    return verify_entry(jws, anchors, series)


def _series_of(report: "EntryReport") -> set[str]:
    from calibration.record import CalibrationRecord

    if not isinstance(report.entry, CalibrationRecord):
        return set()
    return {digest.sha256 for measurement in report.entry.measurements for digest in measurement.series}


def _chains(checked: list[_Checked]) -> list[str]:
    """What is wrong between the entries of each device; an entry that cannot be read breaks its chain, too."""
    from calibration.chain import check_chain
    from calibration.record import device_of

    of_device: dict[str, list[_Checked]] = defaultdict(list)
    for each in checked:
        if each.report.entry is not None:
            of_device[device_of(each.report.entry)].append(each)
    found = []
    for device, members in of_device.items():
        members.sort(key=lambda each: each.report.entry.sequence if each.report.entry else 0)
        _, findings = check_chain(each.report.payload for each in members)
        found += [f"{device}: {members[each.position].path.name}: {each.detail}" for each in findings]
    return found


def _tell(checked: list[_Checked], findings: list[str], *, ok: bool, output: Output) -> None:
    from calibration.record import CalibrationRecord, device_of, id_of

    documents: list[dict[str, Any]] = []
    for each in checked:
        entry = each.report.entry
        documents.append(
            {
                "file": str(each.path),
                "ok": each.report.ok,
                "entry_id": None if entry is None else id_of(entry),
                "device_id": None if entry is None else device_of(entry),
                "sequence": None if entry is None else entry.sequence,
                "passed": entry.passed if isinstance(entry, CalibrationRecord) else None,
                "checks": [
                    {"name": check.name, "status": str(check.status), "detail": check.detail}
                    for check in each.report.checks
                ],
            }
        )
    output.document({"ok": ok, "entries": documents, "chain": findings})
    if output.as_json:
        return
    for document in documents:
        output.say(
            f"{'ok    ' if document['ok'] else 'FAILED'}  {document['file']}  {document['entry_id'] or ''}".rstrip()
        )
        for check in document["checks"]:
            if check["status"] != "passed":
                output.say(f"          {check['status']}: {check['name']}: {check['detail']}")
    for finding in findings:
        output.say(f"FAILED  {finding}")
