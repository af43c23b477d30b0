"""Whether an audit trail is whole: nothing removed, changed, inserted, moved or cut off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gateway.audit.entry import AuditEntry, entry_digest
from gateway.audit.errors import AuditFieldError
from gateway.audit.head import AuditHead, ReadHead, read_audit_head
from gateway.trust import TrustAnchors
from gateway.trust.verification import check_signer


class AuditFault(StrEnum):
    """What is wrong at one place of a trail."""

    CHANGED = "changed"
    """An entry is not the one that was written: its neighbours, or a signed head, name another."""
    REMOVED = "removed"
    INSERTED = "inserted"
    """An entry that the chain does not know: a second one of a sequence, a copy, or one of another chain."""
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    """A signed head names an entry after the last one that is here."""
    RESTARTED = "restarted"
    """A new chain begins. Nothing in the new one shows where the old one ended."""
    HEAD_INVALID = "head_invalid"
    """A head that cannot be read, or that its key did not sign."""
    HEAD_UNTRUSTED = "head_untrusted"
    """A head that was signed by a key outside the trust bundle, revoked, of another gateway, or not valid then."""


@dataclass(frozen=True)
class AuditFinding:
    """One fault.

    Parameters
    ----------
    fault : AuditFault
    position : int
        Place in the run of entries that was given, from 0; for one that is missing, where it should stand.
    sequence : int or None
        Of the entry that is meant, where it can be told.
    detail : str
    """

    fault: AuditFault
    position: int
    sequence: int | None
    detail: str


@dataclass(frozen=True)
class AuditReport:
    """What a run of entries and heads shows.

    What lies after `sealed` is chained but not signed: whoever can write the file could change or cut it and compute
    the chain anew. The same holds beyond the last head that the verifier was given: a trail that is cut together with
    its later heads looks whole, unless one of those heads is known from elsewhere (a sealed packet, an export).
    """

    findings: tuple[AuditFinding, ...]
    """By position."""
    length: int
    """Entries that were looked at."""
    heads: int
    """Heads that hold, and agree with the entries."""
    sealed: int
    """Sequence up to which a head that holds fixes the entries; 0 where none does."""
    last: int
    """Largest sequence among the entries; 0 where there is none."""
    missing: int
    """Entries that the gateway itself says it could not write (`audit.gap`)."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def first(self) -> AuditFinding | None:
        """The first fault, or None."""
        return self.findings[0] if self.findings else None

    @property
    def unsealed(self) -> int:
        """Entries after the last head."""
        return max(0, self.last - self.sealed)


@dataclass(frozen=True, slots=True)
class _Link:
    """Of an entry, what the chain is made of."""

    position: int
    sequence: int
    chain_id: str
    previous: str | None
    digest: str

    def finding(self, fault: AuditFault, detail: str) -> AuditFinding:
        return AuditFinding(fault, self.position, self.sequence, detail)


def verify_audit(
    entries: Iterable[bytes],
    heads: Iterable[bytes] = (),
    trust_anchors: TrustAnchors | None = None,
    *,
    from_sequence: int | None = 1,
    previous: str | None = None,
) -> AuditReport:
    """Check a run of entries in the order of their chain against each other and against signed heads.

    Parameters
    ----------
    entries : iterable of bytes
        Canonical forms, in order. Read once, and not kept.
    heads : iterable of bytes
        Signed heads of the same trail, in any order; those of before the run are not used.
    trust_anchors : TrustAnchors, optional
        The gateways that are known, and which keys were revoked; without them a head of any key is taken, so that who
        signed is not known.
    from_sequence : int, optional
        With which the run should begin; None where it may begin anywhere.
    previous : str, optional
        Digest of the entry before the first one, where the verifier knows it.
    """
    links: list[_Link] = []
    findings: list[AuditFinding] = []
    unreadable: list[int] = []
    length, missing = 0, 0
    for position, body in enumerate(entries):
        length += 1
        try:
            entry = AuditEntry.from_bytes(body)
        except AuditFieldError as error:
            unreadable.append(position)
            findings.append(AuditFinding(AuditFault.CHANGED, position, None, f"it cannot be read: {error}"))
            continue
        links.append(_Link(position, entry.sequence, entry.chain_id, entry.previous, entry_digest(body)))
        if entry.event.event == "audit.gap" and entry.event.reason == "NOT_WRITTEN":
            missing += entry.event.count or 0
    held, head_findings = _read_heads(heads, trust_anchors, length)
    findings += head_findings
    runs, foreign = _runs(links)
    findings += foreign
    sealed, agreeing = 0, 0
    known = {head.chain_id for head in held}
    for number, run in enumerate(runs):
        chain_id = run[0].chain_id
        if number:
            findings.append(run[0].finding(AuditFault.RESTARTED, f"chain {chain_id} begins"))
        own = [head for head in held if head.chain_id == chain_id]
        known.discard(chain_id)
        kept, broken = _check_run(
            run, unreadable, own, from_sequence if number == 0 else 1, previous if number == 0 else None
        )
        findings += broken
        seal, count, found = _check_heads(kept, own, length, broken)
        findings += found
        agreeing += count
        sealed = seal if number == len(runs) - 1 else 0
    for chain_id in sorted(known):
        findings.append(
            AuditFinding(AuditFault.TRUNCATED, length, None, f"all of chain {chain_id}, which a head names")
        )
    return AuditReport(
        tuple(sorted(findings, key=lambda finding: finding.position)),
        length,
        agreeing,
        sealed,
        max((link.sequence for link in runs[-1]), default=0) if runs else 0,
        missing,
    )


def _read_heads(
    heads: Iterable[bytes], trust_anchors: TrustAnchors | None, end: int
) -> tuple[list[AuditHead], list[AuditFinding]]:
    held: list[AuditHead] = []
    barred: list[tuple[AuditHead, str]] = []
    findings: list[AuditFinding] = []

    def untrusted(head: AuditHead, why: str) -> None:
        detail = f"the head of sequence {head.sequence} is signed by {why}"
        findings.append(AuditFinding(AuditFault.HEAD_UNTRUSTED, end, head.sequence, detail))

    for number, jws in enumerate(heads, 1):
        try:
            read = read_audit_head(jws)
        except AuditFieldError as error:
            findings.append(AuditFinding(AuditFault.HEAD_INVALID, end, None, f"head {number} of those given: {error}"))
            continue
        if trust_anchors is not None and (why := _distrusted(read, trust_anchors)) is not None:
            untrusted(read.head, why)
        elif trust_anchors is not None and (why := _revoked(read, trust_anchors)) is not None:
            barred.append((read.head, why))
        else:
            held.append(read.head)
    # A key that was lost once does not keep a trail from being whole for ever: a later head of a good one seals it.
    ends = {head.chain_id: head.sequence for head in sorted(held, key=lambda head: head.sequence)}
    for head, why in barred:
        if head.sequence > ends.get(head.chain_id, 0):
            untrusted(head, why)
    return sorted(held, key=lambda head: head.sequence), findings


def _distrusted(read: ReadHead, trust_anchors: TrustAnchors) -> str | None:
    """Which key it is that does not vouch for a head; None where the key does."""
    head, signature = read.head, read.signature
    key = f"key {signature.key_id}"
    if not trust_anchors.hold(signature.certificate, signature.certificates[1:]):
        return f"unknown {key}"
    try:
        check_signer(signature, head.gateway_id, head.time.wall)
    except ValueError as error:
        return f"{key}, whose certificate cannot vouch for it: {error}"
    return None


def _revoked(read: ReadHead, trust_anchors: TrustAnchors) -> str | None:
    """Which key it is that vouches no more for a head; None where none was revoked."""
    revocation = trust_anchors.revocations.get(read.signature.key_id)
    if revocation is None or not revocation.bars(read.head.time.wall):
        return None
    when = f"{revocation.wall:%Y-%m-%d %H:%M} UTC ({revocation.reason.value})"
    return f"key {read.signature.key_id}, which was revoked on {when}"


def _runs(links: Sequence[_Link]) -> tuple[list[list[_Link]], list[AuditFinding]]:
    """Split by chain; entries of a chain that stand inside another chain's run are foreign."""
    last = {link.chain_id: index for index, link in enumerate(links)}
    runs: list[list[_Link]] = []
    foreign: list[AuditFinding] = []
    for index, link in enumerate(links):
        if runs and runs[-1][0].chain_id == link.chain_id:
            runs[-1].append(link)
        elif runs and last[runs[-1][0].chain_id] > index:
            foreign.append(link.finding(AuditFault.INSERTED, f"entry {link.sequence} is of another chain"))
        else:
            runs.append([link])
    return runs, foreign


def _check_run(
    run: list[_Link],
    unreadable: list[int],
    heads: Sequence[AuditHead],
    from_sequence: int | None,
    previous: str | None,
) -> tuple[list[_Link], list[AuditFinding]]:
    """The entries of one chain against each other; gives those that are kept, by sequence."""
    kept, findings = _without_insertions(run)
    ordered = sorted(kept, key=lambda link: link.sequence)
    for stands, belongs in zip(kept, ordered, strict=True):
        if stands is not belongs:
            detail = f"entry {stands.sequence} stands where entry {belongs.sequence} belongs"
            findings.append(stands.finding(AuditFault.REORDERED, detail))
            break
    findings += _removed(ordered, unreadable, from_sequence)
    if previous is not None and ordered[0].previous != previous:
        detail = f"entry {ordered[0].sequence} does not follow the entry that is known to come before it"
        findings.append(ordered[0].finding(AuditFault.CHANGED, detail))
    return ordered, findings + _broken_links(ordered, {head.sequence: head.digest for head in heads})


def _without_insertions(run: list[_Link]) -> tuple[list[_Link], list[AuditFinding]]:
    """Keep one entry of each sequence: the one that the next names, or that names the one before."""
    if len({link.sequence for link in run}) == len(run):
        return run, []
    named = {link.previous for link in run}
    digests = {link.digest for link in run}
    rivals: dict[int, list[_Link]] = {}
    for link in run:
        rivals.setdefault(link.sequence, []).append(link)
    kept: list[_Link] = []
    findings: list[AuditFinding] = []
    for sequence, links in rivals.items():
        genuine = max(links, key=lambda link: (link.digest in named, link.previous in digests))
        kept.append(genuine)
        for link in links:
            if link is not genuine:
                copy = "a copy of" if link.digest == genuine.digest else "a second"
                findings.append(link.finding(AuditFault.INSERTED, f"{copy} entry {sequence}"))
    return sorted(kept, key=lambda link: link.position), findings


def _removed(ordered: list[_Link], unreadable: list[int], from_sequence: int | None) -> list[AuditFinding]:
    findings = []
    gaps = [(before.sequence, before.position, after) for before, after in pairwise(ordered)]
    if from_sequence is not None:
        gaps.insert(0, (from_sequence - 1, -1, ordered[0]))
    for sequence, position, after in gaps:
        count = after.sequence - sequence - 1
        if count > 0:
            # One that stands there but cannot be read was named already.
            count -= sum(position < place < after.position for place in unreadable)
        if count > 0:
            detail = f"{count} missing between entry {sequence} and entry {after.sequence}"
            if sequence == 0:
                detail = f"{count} missing before entry {after.sequence}"
            findings.append(AuditFinding(AuditFault.REMOVED, after.position, sequence + 1, detail))
    return findings


def _broken_links(ordered: list[_Link], signed: Mapping[int, str]) -> list[AuditFinding]:
    """Neighbours that do not name each other."""
    findings: dict[int, AuditFinding] = {}
    for index, (before, after) in enumerate(pairwise(ordered)):
        if after.sequence != before.sequence + 1 or after.previous == before.digest:
            continue
        beyond = ordered[index + 2] if index + 2 < len(ordered) else None
        # The one after is the genuine one where its own follower names it: then the one before was changed.
        names = signed.get(after.sequence, after.digest) if beyond is None else beyond.previous
        confirmed = names == after.digest
        changed = before if confirmed else after
        detail = f"entry {changed.sequence} is not the one that its neighbours name"
        findings.setdefault(changed.position, changed.finding(AuditFault.CHANGED, detail))
    return list(findings.values())


def _check_heads(
    ordered: list[_Link], heads: Sequence[AuditHead], end: int, broken: Sequence[AuditFinding]
) -> tuple[int, int, list[AuditFinding]]:
    """The entries against what was signed; gives the sealed sequence and the number of heads that agree."""
    by_sequence = {link.sequence: link for link in ordered}
    last = ordered[-1]
    sealed, agreeing = 0, 0
    findings: list[AuditFinding] = []
    for head in heads:
        link = by_sequence.get(head.sequence)
        if link is not None and link.digest == head.digest:
            sealed, agreeing = head.sequence, agreeing + 1
        elif link is not None:
            first = by_sequence.get(sealed + 1, ordered[0])
            # A link that is broken within what the head covers has been named, and explains it.
            if not findings and not any(first.position <= each.position <= link.position for each in broken):
                span = f"{first.sequence} to {head.sequence}" if first is not link else f"{head.sequence}"
                detail = f"of entries {span} at least one is not what was signed, and the chain was computed anew"
                findings.append(first.finding(AuditFault.CHANGED, detail))
        elif head.sequence > last.sequence:
            lost = heads[-1].sequence - last.sequence
            detail = f"{lost} missing after entry {last.sequence}: a signed head names entry {heads[-1].sequence}"
            findings.append(AuditFinding(AuditFault.TRUNCATED, end, last.sequence + 1, detail))
            break
    return sealed, agreeing, findings
