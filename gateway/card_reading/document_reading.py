"""A travel document read: its indexes first, then every data group that they name, then what all of it is worth."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from cryptography import x509

from gateway.card import (
    MalformedCardData,
    PassiveVerdict,
    SecurityObject,
    SessionDead,
    authenticate_passively,
    read_security_object,
)
from gateway.card_profile import CardProfile
from gateway.card_reading.events import CardReading, FileDone, FileOutcome, ReadFile
from gateway.card_reading.file_reader import FileReader, FileShape
from gateway.card_reading.opening import OpenedCard
from gateway.card_reading.portrait import portrait_of
from gateway.card_reading.single_file import read_single
from gateway.card_reading.travel_document import (
    AID,
    COM_FID,
    GUARDED_GROUPS,
    SOD_FID,
    DocumentIndex,
    IndexFault,
    IndexFinding,
    group_fid,
    group_of_fid,
    index_findings,
    mrz_of_group,
    read_index,
)

_MRZ_GROUP, _FACE_GROUP = 1, 2


def read_document(
    opened: OpenedCard,
    at: datetime,
    anchors: Sequence[x509.Certificate],
    before: Callable[[], None],
    only: Collection[str] | None = None,
) -> Iterator[FileDone | CardReading]:
    """Read all of a travel document that the chip shows, and check it.

    Groups are those that EF.COM or EF.SOD names, and the profile's where neither can be read. Those that are guarded
    come last: should the chip end the session over one, the others are there already.

    Raises
    ------
    SessionDead
        The session ended over a file that is not guarded.
    """
    reader = FileReader(opened.transmit, opened.block, control_parameters=False, before_block=before)
    names = _names(opened.profile)
    found = _Found(names)
    yield from found.take(reader, COM_FID, 2)
    index, findings = _index(found.contents.get(names[COM_FID]))
    yield from found.take(reader, SOD_FID, 2 + (0 if index is None else len(index.groups)))
    sod = _security_object(found.contents.get(names[SOD_FID]))
    groups = [each for each in _groups(index, sod, opened.profile) if only is None or names[group_fid(each)] in only]
    total = 2 + len(groups)
    for number in groups:
        try:
            yield from found.take(reader, group_fid(number), total)
        except SessionDead:
            if number not in GUARDED_GROUPS:
                raise
            yield from found.refused(groups[groups.index(number) :], total)
            break
    yield _reading(opened, found, index, sod, findings, at, anchors)


class _Found:
    """Files as they come."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self.files: list[ReadFile] = []
        self.contents: dict[str, bytes] = {}
        self.groups: dict[int, bytes] = {}
        self.absent: set[int] = set()

    def take(self, reader: FileReader, fid: int, total: int) -> Iterator[FileDone]:
        file, octets = read_single(reader, fid, self._names[fid], FileShape.DATA_OBJECT)
        number = group_of_fid(fid)
        if octets is not None:
            self.contents[file.name] = octets
            if number is not None:
                self.groups[number] = octets
        elif number is not None and file.outcome is FileOutcome.ABSENT:
            self.absent.add(number)
        yield self._done(file, total)

    def refused(self, numbers: Sequence[int], total: int) -> Iterator[FileDone]:
        for number in numbers:
            yield self._done(ReadFile(self._names[group_fid(number)], FileOutcome.REFUSED), total)

    def _done(self, file: ReadFile, total: int) -> FileDone:
        self.files.append(file)
        return FileDone(file, len(self.files), max(total, len(self.files)))


def _names(profile: CardProfile) -> Mapping[int, str]:
    """What each file is called: as the profile has it, else as the standard."""
    names = {COM_FID: "com", SOD_FID: "sod", **{group_fid(number): f"dg{number}" for number in range(1, 17)}}
    named = {file.fid: file.name for each in profile.applications if each.aid == AID for file in each.files}
    return {fid: named.get(fid, name) for fid, name in names.items()}


def _index(octets: bytes | None) -> tuple[DocumentIndex | None, list[IndexFinding]]:
    if octets is None:
        return None, []
    try:
        return read_index(octets), []
    except MalformedCardData:
        return None, [IndexFinding(IndexFault.INDEX_UNREADABLE)]


def _security_object(octets: bytes | None) -> SecurityObject | None:
    """What EF.SOD signs; None where it cannot be read, which `authenticate_passively` names."""
    if octets is None:
        return None
    try:
        return read_security_object(octets)
    except MalformedCardData:
        return None


def _groups(index: DocumentIndex | None, sod: SecurityObject | None, profile: CardProfile) -> list[int]:
    named = {*(() if index is None else index.groups), *(() if sod is None else sod.hashes)}
    if index is None and sod is None:
        fids = [file.fid for each in profile.applications if each.aid == AID for file in each.files]
        named = {number for number in map(group_of_fid, fids) if number is not None}
    return sorted(named, key=lambda number: (number in GUARDED_GROUPS, number))


def _reading(
    opened: OpenedCard,
    found: _Found,
    index: DocumentIndex | None,
    sod: SecurityObject | None,
    findings: Sequence[IndexFinding],
    at: datetime,
    anchors: Sequence[x509.Certificate],
) -> CardReading:
    names = _names(opened.profile)
    ef_sod = found.contents.get(names[SOD_FID])
    passive: PassiveVerdict | None = None
    if ef_sod is not None:
        passive = authenticate_passively(ef_sod, found.groups, anchors, at)
    contradictions = index_findings(
        None if index is None else index.groups, None if sod is None else tuple(sod.hashes), found.absent, found.groups
    )
    undecoded: dict[str, str] = {}
    mrz = portrait = None
    if _MRZ_GROUP in found.groups:
        try:
            mrz = mrz_of_group(found.groups[_MRZ_GROUP])
        except MalformedCardData as error:
            undecoded[names[group_fid(_MRZ_GROUP)]] = str(error)
    if _FACE_GROUP in found.groups:
        try:
            portrait = portrait_of(found.groups[_FACE_GROUP])
        except MalformedCardData as error:
            undecoded[names[group_fid(_FACE_GROUP)]] = str(error)
    return CardReading(
        opened.profile.name,
        opened.way,
        tuple(found.files),
        MappingProxyType(found.contents),
        passive=passive,
        findings=(*findings, *contradictions),
        mrz=mrz,
        portrait=portrait,
        undecoded=MappingProxyType(undecoded),
    )
