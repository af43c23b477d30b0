"""Whether a run of signed manifests is whole: nothing dropped, moved, inserted or changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gateway.trust.manifest import Manifest, payload_digest
from gateway.trust.manifest_field import ManifestError
from gateway.trust.signature import SignatureFormError, read_signature, signature_holds
from gateway.trust.trust_anchors import TrustAnchors


class ChainFault(StrEnum):
    """What is wrong at one place of a chain."""

    CHANGED = "changed"
    """A manifest is not the one that was made: its signature fails, or its neighbours name another."""
    DROPPED = "dropped"
    REORDERED = "reordered"
    INSERTED = "inserted"
    """A manifest that the chain does not know: a second one of a number, a copy, or one of another chain."""
    UNTRUSTED = "untrusted"
    """Whole, but signed by a key outside the trust bundle, or by one that was revoked by then."""
    RESTARTED = "restarted"
    """A new chain begins: the gateway lost its place. Nothing shows whether the old one was complete."""


@dataclass(frozen=True)
class ChainFinding:
    """One fault.

    Parameters
    ----------
    fault : ChainFault
    position : int
        Place in the run that was given, from 0; for a dropped manifest where it should stand.
    chain_id : str or None
    sequence : int or None
        Number in the chain, where it can be read.
    detail : str
    """

    fault: ChainFault
    position: int
    chain_id: str | None
    sequence: int | None
    detail: str


@dataclass(frozen=True)
class ChainReport:
    """What a run of manifests shows; the end of a chain can be cut off without a trace in the run itself."""

    findings: tuple[ChainFinding, ...]
    """By position."""
    length: int
    """Manifests that were looked at."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def first(self) -> ChainFinding | None:
        """The first fault, or None."""
        return self.findings[0] if self.findings else None


@dataclass
class _Entry:
    position: int
    manifest: Manifest
    digest: str
    signed: bool = True
    """Its signature holds; else only its claimed number is used, so that it is not called dropped as well."""

    def finding(self, fault: ChainFault, detail: str, position: int | None = None) -> ChainFinding:
        place = self.position if position is None else position
        return ChainFinding(fault, place, self.manifest.chain_id, self.manifest.sequence, detail)


def verify_chain(
    signatures: Iterable[bytes],
    trust_anchors: TrustAnchors | None = None,
    previous: str | None = None,
) -> ChainReport:
    """Check a run of signed manifests in the order of their chain; it may begin anywhere in the chain.

    Parameters
    ----------
    signatures : iterable of bytes
        JWS in compact form, in order.
    trust_anchors : TrustAnchors, optional
        The gateways that are known; without them any key is accepted.
    previous : str, optional
        Digest of the manifest before the first one, where the verifier knows it.
    """
    entries: list[_Entry] = []
    findings: list[ChainFinding] = []
    unreadable: list[int] = []
    length = 0
    for position, jws in enumerate(signatures):
        length += 1
        entry, finding = _read(position, jws, trust_anchors)
        if entry is None:
            unreadable.append(position)
        else:
            entries.append(entry)
        if finding is not None:
            findings.append(finding)
    segments, foreign = _segments(entries)
    findings += foreign
    for number, segment in enumerate(segments):
        if number:
            findings.append(segment[0].finding(ChainFault.RESTARTED, f"chain {segment[0].manifest.chain_id} begins"))
        findings += _check_segment(segment, unreadable, previous if number == 0 else None, from_start=number > 0)
    return ChainReport(tuple(sorted(findings, key=lambda finding: finding.position)), length)


def _read(position: int, jws: bytes, trust_anchors: TrustAnchors | None) -> tuple[_Entry | None, ChainFinding | None]:
    try:
        signature = read_signature(jws)
        manifest = Manifest.from_bytes(signature.payload)
    except (SignatureFormError, ManifestError) as error:
        return None, ChainFinding(ChainFault.CHANGED, position, None, None, f"it cannot be read: {error}")
    entry = _Entry(position, manifest, payload_digest(signature.payload))
    if not signature_holds(signature):
        entry.signed = False
        return entry, entry.finding(ChainFault.CHANGED, f"number {manifest.sequence}: its signature does not hold")
    if trust_anchors is not None and not trust_anchors.hold(signature.certificate, signature.certificates[1:]):
        detail = f"number {manifest.sequence}: signed by unknown key {signature.key_id}"
        return entry, entry.finding(ChainFault.UNTRUSTED, detail)
    revocation = trust_anchors.revocations.get(signature.key_id) if trust_anchors is not None else None
    if revocation is not None and revocation.precedes(manifest.chain_id, manifest.sequence, manifest.time):
        detail = f"number {manifest.sequence}: signed by key {signature.key_id} after it was revoked"
        return entry, entry.finding(ChainFault.UNTRUSTED, detail)
    return entry, None


def _segments(entries: list[_Entry]) -> tuple[list[list[_Entry]], list[ChainFinding]]:
    """Split by chain; entries of a chain that stand inside another chain's run are foreign."""
    last: dict[str, int] = {}
    for index, entry in enumerate(entries):
        last[entry.manifest.chain_id] = index
    segments: list[list[_Entry]] = []
    foreign: list[ChainFinding] = []
    for index, entry in enumerate(entries):
        chain_id = entry.manifest.chain_id
        if segments and segments[-1][0].manifest.chain_id == chain_id:
            segments[-1].append(entry)
        elif segments and last[segments[-1][0].manifest.chain_id] > index:
            if entry.signed:
                detail = f"number {entry.manifest.sequence} of another chain, {chain_id}"
                foreign.append(entry.finding(ChainFault.INSERTED, detail))
        else:
            segments.append([entry])
    return segments, foreign


def _check_segment(
    segment: list[_Entry], unreadable: list[int], previous: str | None, *, from_start: bool
) -> list[ChainFinding]:
    kept, findings = _without_insertions(segment)
    ordered = sorted(kept, key=lambda entry: entry.manifest.sequence)
    for stands, belongs in zip(kept, ordered, strict=True):
        if stands is not belongs:
            detail = f"number {stands.manifest.sequence} stands where number {belongs.manifest.sequence} belongs"
            findings.append(stands.finding(ChainFault.REORDERED, detail))
            break
    findings += _dropped(ordered, unreadable, from_start=from_start)
    if previous is not None and ordered[0].signed and ordered[0].manifest.previous != previous:
        detail = f"number {ordered[0].manifest.sequence} does not follow the manifest that is known to come before it"
        findings.append(ordered[0].finding(ChainFault.CHANGED, detail))
    return findings + _broken_links(ordered)


def _without_insertions(segment: list[_Entry]) -> tuple[list[_Entry], list[ChainFinding]]:
    """Keep one entry of each number: the one that the next names, or that names the one before."""
    named = {entry.manifest.previous for entry in segment}
    digests = {entry.digest for entry in segment}
    by_number: dict[int, list[_Entry]] = {}
    for entry in segment:
        by_number.setdefault(entry.manifest.sequence, []).append(entry)
    kept: list[_Entry] = []
    findings: list[ChainFinding] = []
    for number, rivals in by_number.items():
        genuine = max(
            rivals,
            key=lambda rival: (rival.signed, rival.digest in named, rival.manifest.previous in digests),
        )
        kept.append(genuine)
        for rival in rivals:
            if rival is not genuine and rival.signed:
                copy = "a copy of" if rival.digest == genuine.digest else "a second"
                findings.append(rival.finding(ChainFault.INSERTED, f"{copy} number {number}"))
    return sorted(kept, key=lambda entry: entry.position), findings


def _dropped(ordered: list[_Entry], unreadable: list[int], *, from_start: bool) -> list[ChainFinding]:
    findings = []
    gaps = [(before.manifest.sequence, before.position, after) for before, after in pairwise(ordered)]
    if from_start:
        gaps.insert(0, (0, -1, ordered[0]))
    for number, position, after in gaps:
        missing = after.manifest.sequence - number - 1
        # One that stands there but cannot be read was named already.
        missing -= sum(position < place < after.position for place in unreadable)
        if missing > 0:
            span = f"{missing} missing between number {number} and number {after.manifest.sequence}"
            findings.append(ChainFinding(ChainFault.DROPPED, after.position, after.manifest.chain_id, number + 1, span))
    return findings


def _broken_links(ordered: list[_Entry]) -> list[ChainFinding]:
    """Neighbours that do not name each other, where both signatures hold."""
    findings: dict[int, ChainFinding] = {}
    for index, (before, after) in enumerate(pairwise(ordered)):
        adjacent = after.manifest.sequence == before.manifest.sequence + 1
        if not (adjacent and before.signed and after.signed) or after.manifest.previous == before.digest:
            continue
        beyond = ordered[index + 2] if index + 2 < len(ordered) else None
        confirmed = beyond is not None and beyond.manifest.previous == after.digest
        changed = before if confirmed else after
        findings.setdefault(
            changed.position,
            changed.finding(
                ChainFault.CHANGED,
                f"number {changed.manifest.sequence} is not the one that its neighbours name"
                if confirmed
                else f"number {after.manifest.sequence} does not name number {before.manifest.sequence} as it is here",
            ),
        )
    return list(findings.values())
