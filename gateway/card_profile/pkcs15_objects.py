"""Directories of a cryptographic information application, as ASN.1 (ISO/IEC 7816-15:2016; PKCS #15 v1.1)."""

from typing import Any

from asn1crypto.core import (  # type: ignore[import-untyped]
    BitString,
    Boolean,
    Choice,
    Enumerated,
    Integer,
    ObjectIdentifier,
    OctetString,
    Sequence,
    UTF8String,
)


class Path(Sequence):  # type: ignore[misc]
    """Where a file lies, from the master file."""

    _fields = [  # noqa: RUF012
        ("path", OctetString),
        ("index", Integer, {"optional": True}),
        ("length", Integer, {"implicit": 0, "optional": True}),
    ]


class ObjectFlags(BitString):  # type: ignore[misc]
    """CommonObjectFlags."""

    _map = {0: "private", 1: "modifiable", 2: "internal"}  # noqa: RUF012


class CommonObjectAttributes(Sequence):  # type: ignore[misc]
    """What every object has."""

    _fields = [  # noqa: RUF012
        ("label", UTF8String, {"optional": True}),
        ("flags", ObjectFlags, {"optional": True}),
        ("auth_id", OctetString, {"optional": True}),
    ]


class CommonCertificateAttributes(Sequence):  # type: ignore[misc]
    """What every certificate has."""

    _fields = [("id", OctetString), ("authority", Boolean, {"default": False})]  # noqa: RUF012


class X509CertificateAttributes(Sequence):  # type: ignore[misc]
    """Where an X.509 certificate is."""

    _fields = [("value", Path)]  # noqa: RUF012


class CertificateObject(Sequence):  # type: ignore[misc]
    """A record of EF.CD."""

    _fields = [  # noqa: RUF012
        ("common", CommonObjectAttributes),
        ("class_attributes", CommonCertificateAttributes),
        ("type_attributes", X509CertificateAttributes, {"explicit": 1}),
    ]


class CommonDataObjectAttributes(Sequence):  # type: ignore[misc]
    """Whose data object it is."""

    _fields = [  # noqa: RUF012
        ("application_name", UTF8String, {"optional": True}),
        ("application_oid", ObjectIdentifier, {"optional": True}),
    ]


class DataObjectRecord(Sequence):  # type: ignore[misc]
    """A record of EF.DCOD: data whose form the directory does not describe."""

    _fields = [  # noqa: RUF012
        ("common", CommonObjectAttributes),
        ("class_attributes", CommonDataObjectAttributes),
        ("type_attributes", Path, {"explicit": 1}),
    ]


class PinFlags(BitString):  # type: ignore[misc]
    """How a PIN is."""

    _map = {  # noqa: RUF012
        0: "case-sensitive",
        1: "local",
        2: "change-disabled",
        3: "unblock-disabled",
        4: "initialized",
        5: "needs-padding",
    }


class PinType(Enumerated):  # type: ignore[misc]
    """How a PIN is coded."""

    _map = {0: "bcd", 1: "ascii-numeric", 2: "utf8"}  # noqa: RUF012


class PinAttributes(Sequence):  # type: ignore[misc]
    """A PIN."""

    _fields = [  # noqa: RUF012
        ("flags", PinFlags),
        ("type", PinType),
        ("min_length", Integer),
        ("stored_length", Integer),
        ("max_length", Integer, {"optional": True}),
        ("reference", Integer, {"implicit": 0, "default": 0}),
    ]


class CommonAuthenticationObjectAttributes(Sequence):  # type: ignore[misc]
    """What records of objects name it by."""

    _fields = [("auth_id", OctetString)]  # noqa: RUF012


class AuthenticationObject(Sequence):  # type: ignore[misc]
    """A record of EF.AOD: a PIN."""

    _fields = [  # noqa: RUF012
        ("common", CommonObjectAttributes),
        ("class_attributes", CommonAuthenticationObjectAttributes),
        ("type_attributes", PinAttributes, {"explicit": 1}),
    ]


class Directory(Choice):  # type: ignore[misc]
    """A record of EF.OD: which directory of objects lies where; our kinds of it."""

    _alternatives = [  # noqa: RUF012
        ("certificates", Path, {"explicit": 4}),
        ("data_objects", Path, {"explicit": 7}),
        ("authentication_objects", Path, {"explicit": 8}),
    ]


class TokenFlags(BitString):  # type: ignore[misc]
    """What the card is for."""

    _map = {0: "readonly", 1: "login-required", 2: "prn-generation", 3: "eid-compliant"}  # noqa: RUF012


class TokenInfo(Sequence):  # type: ignore[misc]
    """EF.CIAInfo, which PKCS #15 calls TokenInfo."""

    _fields = [  # noqa: RUF012
        ("version", Integer),
        ("serial_number", OctetString),
        ("manufacturer", UTF8String, {"optional": True}),
        ("label", UTF8String, {"implicit": 0, "optional": True}),
        ("flags", TokenFlags),
    ]


def records(octets: bytes, record: Any) -> list[Any]:
    """All records that follow one another, parsed to their leaves, so that nothing malformed shows later.

    Raises
    ------
    ValueError
        Something is none, or is left over.
    """
    found: list[Any] = []
    position = 0
    while position < len(octets):
        try:
            parsed = record.load(octets[position:])
            length = len(parsed.dump())
            _ = parsed.native
        except (TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
            # asn1crypto has no error class of its own.
            raise ValueError(f"record {len(found)} cannot be read") from error
        if octets[position : position + length] != parsed.dump(force=True):
            raise ValueError(f"record {len(found)} is not in DER")
        position += length
        found.append(parsed)
    return found
