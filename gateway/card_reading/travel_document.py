"""The files of a travel document's application, and whether its indexes agree (ICAO Doc 9303-10, 4.6 and 4.7)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from gateway.card import MalformedCardData, objects_by_tag, only_object
from gateway.card_reading.mrz import MachineReadableZone, read_mrz
from gateway.card_reading.wordless import parsed

AID = bytes.fromhex("A0000002471001")
CARD_ACCESS_FID = 0x011C
"""EF.CardAccess, in the master file."""
COM_FID, SOD_FID = 0x011E, 0x011D
COM_TAG, SOD_TAG = 0x60, 0x77
GROUP_TAGS: Mapping[int, int] = MappingProxyType(
    dict(
        zip(
            range(1, 17),
            (0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70),
            strict=True,
        )
    )
)
"""Outer tag of each data group by its number."""
GUARDED_GROUPS = (3, 4)
"""Fingers and irises: most chips give them after terminal authentication alone, and some end the session when asked."""
_GROUP_BY_TAG = {tag: number for number, tag in GROUP_TAGS.items()}
_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST, _MRZ = 0x5F01, 0x5F36, 0x5C, 0x5F1F


def group_fid(number: int) -> int:
    """File identifier of a data group, 1 to 16."""
    return 0x0100 | number


def group_of_fid(fid: int) -> int | None:
    """Number of the data group with that file identifier; None where it is none's."""
    return fid & 0xFF if fid >> 8 == 0x01 and fid & 0xFF in GROUP_TAGS else None


class IndexFault(Enum):
    """In what the indexes of a document contradict each other or its files."""

    INDEX_UNREADABLE = "EF.COM cannot be read"
    NOT_SIGNED = "EF.COM lists it, EF.SOD does not sign it"
    NOT_LISTED = "EF.SOD signs it, EF.COM does not list it"
    MISSING = "it is listed or signed, and not on the chip"
    WRONG_TAG = "the file holds another data group"


@dataclass(frozen=True)
class IndexFinding:
    """One contradiction."""

    fault: IndexFault
    group: int | None = None
    """Number of the data group; None where it is about EF.COM itself."""

    def __str__(self) -> str:
        return self.fault.value if self.group is None else f"DG{self.group}: {self.fault.value}"


@dataclass(frozen=True)
class DocumentIndex:
    """EF.COM. Nobody signs it: what counts is EF.SOD."""

    lds_version: str
    unicode_version: str
    groups: tuple[int, ...]
    """Numbers of the data groups that it lists."""


def read_index(ef_com: bytes) -> DocumentIndex:
    """Read EF.COM.

    Raises
    ------
    MalformedCardData
        A version or the list is missing, or a tag of the list is that of no data group.
    """
    complaint = "EF.COM is not made of the data objects that are due"
    values = parsed(lambda: objects_by_tag(only_object(ef_com, COM_TAG)), complaint)
    tags = values.get(_TAG_LIST)
    if tags is None:
        raise MalformedCardData("EF.COM has no list of data groups")
    unknown = [tag for tag in tags if tag not in _GROUP_BY_TAG]
    if unknown:
        raise MalformedCardData(f"EF.COM lists {unknown[0]:02X}, the tag of no data group")
    lds, unicode = (
        parsed(values.get(tag, b"").decode, "a version in EF.COM is no text")
        for tag in (_LDS_VERSION, _UNICODE_VERSION)
    )
    return DocumentIndex(lds, unicode, tuple(sorted({_GROUP_BY_TAG[tag] for tag in tags})))


def index_findings(
    listed: Collection[int] | None, signed: Collection[int] | None, absent: Collection[int], groups: Mapping[int, bytes]
) -> tuple[IndexFinding, ...]:
    """Every contradiction of EF.COM, EF.SOD and the files.

    Parameters
    ----------
    listed, signed : collection of int, optional
        Numbers of the data groups in EF.COM and in EF.SOD; None where that is not there or cannot be read.
    absent : collection of int
        Groups that were asked for, and the chip has no such file.
    groups : mapping
        Whole files that were read, by number.
    """
    found = []
    if listed is not None and signed is not None:
        found += [IndexFinding(IndexFault.NOT_SIGNED, number) for number in sorted(set(listed) - set(signed))]
        found += [IndexFinding(IndexFault.NOT_LISTED, number) for number in sorted(set(signed) - set(listed))]
    named = {*(listed or ()), *(signed or ())}
    found += [IndexFinding(IndexFault.MISSING, number) for number in sorted(set(absent) & named)]
    found += [
        IndexFinding(IndexFault.WRONG_TAG, number)
        for number, octets in sorted(groups.items())
        if octets[:1] != bytes((GROUP_TAGS[number],))
    ]
    return tuple(found)


def mrz_of_group(dg1: bytes) -> MachineReadableZone:
    """The machine readable zone in a whole DG1.

    Raises
    ------
    MalformedCardData
        There is none.
    """
    complaint = "DG1 holds no machine readable zone"
    text = parsed(lambda: only_object(only_object(dg1, GROUP_TAGS[1]), _MRZ).decode("ascii"), complaint)
    return read_mrz(text)
