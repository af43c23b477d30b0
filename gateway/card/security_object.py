"""EF.SOD as it stands: a CMS SignedData over the hashes of data groups (ICAO Doc 9303-10, 4.6.2; RFC 5652)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from asn1crypto.algos import DigestAlgorithm  # type: ignore[import-untyped]
from asn1crypto.cms import ContentInfo  # type: ignore[import-untyped]
from asn1crypto.core import (  # type: ignore[import-untyped]
    Integer,
    OctetString,
    PrintableString,
    Sequence,
    SequenceOf,
)

from gateway.card.errors import ASN1_ERRORS, MalformedCardData
from gateway.card.tlv import data_objects

SECURITY_OBJECT_TAG = 0x77
LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
MAX_GROUP = 16


class DataGroupHash(Sequence):  # type: ignore[misc]
    """One data group's number and hash."""

    _fields = [("number", Integer), ("value", OctetString)]  # noqa: RUF012


class _DataGroupHashes(SequenceOf):  # type: ignore[misc]
    _child_spec = DataGroupHash


class _LdsVersion(Sequence):  # type: ignore[misc]
    _fields = [("lds", PrintableString), ("unicode", PrintableString)]  # noqa: RUF012


class LdsSecurityObject(Sequence):  # type: ignore[misc]
    """What is signed (Doc 9303-10, 4.6.2.3)."""

    _fields = [  # noqa: RUF012
        ("version", Integer),
        ("algorithm", DigestAlgorithm),
        ("hashes", _DataGroupHashes),
        ("lds_version", _LdsVersion, {"optional": True}),
    ]


@dataclass(frozen=True)
class SecurityObject:
    """The parts of an EF.SOD; nothing of it is verified."""

    signer: Any
    """CMS SignerInfo."""
    certificates: tuple[bytes, ...]
    """As they stand in it, DER."""
    content_type: str
    content: bytes
    """The LDS security object, as it was signed."""
    algorithm: str
    """Of the hashes, e.g. sha256; a dotted identifier where it is unknown."""
    hashes: Mapping[int, bytes]
    """By number of the data group."""


def read_security_object(ef_sod: bytes) -> SecurityObject:
    """Take an EF.SOD apart.

    Parameters
    ----------
    ef_sod : bytes
        The whole file, tag 77 and its length with it.

    Raises
    ------
    MalformedCardData
        It is none, or contradicts itself; the message says in what.
    """
    found = data_objects(ef_sod)
    if not found or found[0].tag != SECURITY_OBJECT_TAG or len(found) != 1:
        raise MalformedCardData("EF.SOD is not one data object 77")
    try:
        return _taken_apart(found[0].value)
    except MalformedCardData:
        raise
    except ASN1_ERRORS as error:
        raise MalformedCardData("EF.SOD is no SignedData over an LDS security object") from error


def _taken_apart(octets: bytes) -> SecurityObject:
    info = ContentInfo.load(octets, strict=True)
    if info["content_type"].dotted != _SIGNED_DATA:
        raise MalformedCardData("EF.SOD is no CMS SignedData")
    signed = info["content"]
    signers = list(signed["signer_infos"])
    if len(signers) != 1:
        raise MalformedCardData(f"EF.SOD has {len(signers)} signers; it must have one")
    encapsulated = signed["encap_content_info"]
    content = bytes(encapsulated["content"])
    lds = LdsSecurityObject.load(content, strict=True)
    hashes: dict[int, bytes] = {}
    for item in lds["hashes"]:
        number = int(item["number"].native)
        if not 1 <= number <= MAX_GROUP or number in hashes:
            raise MalformedCardData(f"EF.SOD names data group {number} twice, or it is none")
        hashes[number] = bytes(item["value"])
    certificates = [choice.chosen.dump() for choice in signed["certificates"] or () if choice.name == "certificate"]
    # All of the signer is parsed now, so that nothing malformed shows later.
    _ = signers[0].native
    return SecurityObject(
        signers[0],
        tuple(certificates),
        encapsulated["content_type"].dotted,
        content,
        str(lds["algorithm"]["algorithm"].native),
        MappingProxyType(hashes),
    )
