"""`rekam verify`: whether captures and packets on disk are what a gateway signed; needs no gateway."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.capture_folder import ALL_FILES, MANIFEST, UNSIGNED
from gateway.cli.exits import ExitStatus, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.output import Output, finish, reporting
from gateway.cli.trusted import trusted_gateways
from gateway.cli.verify_packet import MARKS, packet_files, verify_packets

if TYPE_CHECKING:
    from gateway.trust import ChainReport, Check, Manifest, TrustAnchors, VerificationReport


@dataclass(frozen=True)
class FolderReport:
    """What the check of one capture folder gave."""

    folder: Path
    jws: bytes
    report: "VerificationReport"
    strangers: tuple[str, ...]
    """Names beside the capture that no manifest speaks of."""


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Folder of a capture or of several; a packet, or a folder of them.")
    ],
    trust: options.Trust = None,
    as_json: options.Json = False,
) -> None:
    """Check captures and packets: signature, digests, each by name; of several also that none is missing between them.

    Without --trust any change after signing shows, but not who signed. The preview and the summary are for people and
    not signed. A packet is checked as far as it can be without the centre's private key. Exit status 3 where anything
    does not hold.
    """
    with reporting(as_json=as_json) as output:
        anchors = trusted_gateways(trust)
        packets = verify_packets(packet_files(path), anchors)
        folders = _capture_folders(path, required=not packets.paths)
        reports = [verify_folder(folder, anchors) for folder in folders]
        chains = _chains(reports, anchors) if len(reports) > 1 else {}
        ok = all(each.report.ok for each in reports) and all(chain.ok for _, chain in chains.values()) and packets.ok
        output.document(_document(ok, reports, chains) | packets.document())
        if not output.as_json:
            _tell(reports, chains, output)
            packets.tell(output)
        finish(ExitStatus.DONE if ok else ExitStatus.OUTCOME)


def verify_folder(folder: Path, anchors: "TrustAnchors | None") -> FolderReport:
    """Check the capture in `folder`.

    Raises
    ------
    CommandFailure
        A file cannot be read at all; an empty or a missing one is a check that fails.
    """
    from gateway.trust import Check, CheckStatus, VerificationReport, verify_capture

    if not (folder / MANIFEST).is_file():
        missing = Check("form", CheckStatus.FAILED, f"{MANIFEST} is missing")
        return FolderReport(folder, b"", VerificationReport((missing,), None, None), ())
    jws = _content(folder / MANIFEST)
    names = _signed_names(jws)
    blobs, strangers = {}, []
    for entry in sorted(folder.iterdir()):
        if entry.name in names and entry.is_file():
            blobs[entry.name] = _content(entry)
        elif entry.name not in (MANIFEST, *UNSIGNED):
            strangers.append(entry.name)
    return FolderReport(folder, jws, verify_capture(jws, blobs, anchors), tuple(strangers))


def file_of(check: "Check") -> str:
    """The file that a check speaks of."""
    return check.name.removeprefix("blob:") if check.name.startswith("blob:") else MANIFEST


def _content(path: Path) -> bytes:
    return read_file(path) if path.stat().st_size else b""


def _signed_names(jws: bytes) -> frozenset[str]:
    """The blobs that a manifest names, believed or not; none where it cannot be read."""
    from gateway.trust import Manifest, read_signature

    try:
        return frozenset(blob.name for blob in Manifest.from_bytes(read_signature(jws).payload).blobs)
    except ValueError:
        return frozenset()


def _capture_folders(path: Path, *, required: bool) -> list[Path]:
    if path.name == MANIFEST and path.is_file():
        path = path.parent
    if not path.is_dir():
        if required:
            raise bad_usage(f"{path} is no packet and no folder. Name a packet, a capture's folder, or one of several.")
        return []
    try:
        if (path / MANIFEST).is_file():
            return [path]
        inside = sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        raise bad_usage(f"{path} cannot be read: {error.strerror}. Check its rights.") from error
    # A folder that lost its manifest is not passed over in silence.
    found = [each for each in [path, *inside] if any((each / name).exists() for name in ALL_FILES)]
    if not found and required:
        raise bad_usage(f"There is no capture in {path}: neither it nor a folder in it holds {MANIFEST}.")
    return found


def _chains(
    reports: list[FolderReport], anchors: "TrustAnchors | None"
) -> dict[str, tuple[list[FolderReport], "ChainReport"]]:
    """The chain of each gateway over the captures whose manifests can be read, in the order of their numbers."""
    from gateway.trust import verify_chain

    chains: dict[str, list[FolderReport]] = {}
    for each in reports:
        if each.report.manifest is not None:
            chains.setdefault(each.report.manifest.chain_id, []).append(each)
    result = {}
    for chain_id, members in chains.items():
        ordered = sorted(members, key=lambda each: each.report.manifest.sequence if each.report.manifest else 0)
        result[chain_id] = (ordered, verify_chain((each.jws for each in ordered), anchors))
    return result


def _document(
    ok: bool, reports: list[FolderReport], chains: dict[str, tuple[list[FolderReport], "ChainReport"]]
) -> dict[str, Any]:
    return {
        "ok": ok,
        "captures": [_capture_document(each) for each in reports],
        "chains": [
            {
                "chain_id": chain_id,
                "ok": chain.ok,
                "length": chain.length,
                "findings": [
                    {
                        "fault": str(finding.fault),
                        "folder": _folder_at(members, finding.position),
                        "sequence": finding.sequence,
                        "detail": finding.detail,
                    }
                    for finding in chain.findings
                ],
            }
            for chain_id, (members, chain) in chains.items()
        ],
    }


def _capture_document(each: FolderReport) -> dict[str, Any]:
    manifest = each.report.manifest
    return {
        "folder": str(each.folder),
        "ok": each.report.ok,
        "changed": sorted({file_of(check) for check in each.report.failures}),
        "checks": [
            {"file": file_of(check), "name": check.name, "status": str(check.status), "detail": check.detail}
            for check in each.report.checks
        ],
        "unsigned": list(each.strangers),
        "capture_id": manifest.capture_id if manifest else None,
        "gateway_id": manifest.gateway_id if manifest else None,
        "position": manifest.position.name if manifest else None,
        "outcome": manifest.outcome if manifest else None,
        "score": manifest.quality.score if manifest and manifest.quality else None,
        "time": manifest.time.wall.isoformat() if manifest else None,
        "sequence": manifest.sequence if manifest else None,
    }


def _folder_at(members: list[FolderReport], position: int) -> str | None:
    return str(members[position].folder) if position < len(members) else None


def _tell(
    reports: list[FolderReport], chains: dict[str, tuple[list[FolderReport], "ChainReport"]], output: Output
) -> None:
    for each in reports:
        _tell_one(each, output, brief=len(reports) > 1 and each.report.ok)
    for members, chain in chains.values():
        manifest = members[0].report.manifest
        of = f"the chain of gateway {manifest.gateway_id}" if manifest else "the chain"
        if chain.ok:
            output.say(f"{chain.length} captures, none missing between them in {of}.")
        for finding in chain.findings:
            output.say(
                f"{_folder_at(members, finding.position) or 'the end'}: {finding.fault} in {of}: {finding.detail}"
            )


def _subject(manifest: "Manifest") -> str:
    """`right index`, `left eye`, `both eyes`, `portrait`."""
    name = manifest.position.name.replace("-", " ")
    if manifest.modality == "face":
        return "portrait"
    if manifest.modality != "iris":
        return name
    return f"{name} eyes" if name == "both" else f"{name} eye"


def _tell_one(each: FolderReport, output: Output, *, brief: bool) -> None:
    manifest = each.report.manifest
    if each.report.ok and manifest is not None:
        about = f"{_subject(manifest)}, {manifest.outcome.replace('_', ' ')}"
        score = f", quality {manifest.quality.score}" if manifest.quality else ""
        output.say(f"{each.folder}: verified: {about}{score}, number {manifest.sequence} of {manifest.gateway_id}")
    else:
        changed = ", ".join(sorted({file_of(check) for check in each.report.failures}))
        output.say(f"{each.folder}: NOT as it was signed: {changed}")
    if brief:
        return
    for check in each.report.checks:
        mark = MARKS[str(check.status)]
        what = check.name.removeprefix("blob:").replace("_", " ")
        output.say(f"  {mark:8}{what:14}{check.detail}")
    signed = not any(check.name in ("form", "signature") for check in each.report.failures)
    unknown = (
        "not part of the capture, so nothing is known of it" if signed else "not checked: its digest is not believed"
    )
    for name in each.strangers:
        output.say(f"  {'warning':8}{name:14}{unknown}")
