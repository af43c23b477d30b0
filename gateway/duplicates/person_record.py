"""A recorded person as bytes, and sealed: each under a key of its own, which is sealed under the local key.

The content, before it is sealed, all numbers big-endian:

====== =====================================================================================
bytes
====== =====================================================================================
4      "RDP" and the version, 1
4      length of the description
...    description: JSON, UTF-8
...    per finger: minutiae of 14 bytes (x, y, angle as float32, kind, quality), then, where the
       description says so, 64 signed bytes for each minutia: its surroundings
...    per iris: a code (`gateway.iris.encode_code`)
====== =====================================================================================
"""

import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from gateway.duplicates.values import MOST_FINGERS, MOST_IRISES, Biometrics, FingerSample, IrisSample, RecordedPerson
from gateway.eye import EyePosition
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint.matching.gallery import quantized_surroundings, surroundings_version
from gateway.fingerprint.matching.projection import DIRECTIONS
from gateway.iris import CODE_BYTES, CODE_VERSION, decode_code, encode_code
from gateway.trust.key_wrap import KEY_BYTES, NONCE_BYTES

VERSION = 1
MOST_BYTES = 8 << 20
"""Of one person, forty fingers of 255 minutiae and eight irises included."""
_HEAD = struct.Struct(">3sBI")
_MAGIC = b"RDP"
_MINUTIA = np.dtype([("x", ">f4"), ("y", ">f4"), ("angle", ">f4"), ("kind", "u1"), ("quality", "u1")])
_VERSION_OF_CODE = 5
"""Offset in a code's bytes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MINUTIAE = 255
"""As extraction and every record have it; a comparison costs the square of it."""
_LEAST_PPI, _MOST_PPI = 100, 2000
"""Wider than what is extracted here, 250 to 1000; far beyond, lengths in inches are no numbers any more."""
_MOST_PIXELS = 16_384
"""Of a side and a place: coordinates of 14 bits (ISO/IEC 19794-2)."""


class RecordUnreadable(ValueError):
    """Bytes are no person of this version, or were changed; the message says which."""


@dataclass(frozen=True, eq=False)
class ReadPerson:
    """What a record holds.

    Parameters
    ----------
    person : RecordedPerson
    surroundings : list of (n, 64) int8, or None
        Of each finger; None where they are not there, or of another version.
    foreign_codes : bool
        There are iris codes of another version; they are left out.
    """

    person: RecordedPerson
    surroundings: list[NDArray[np.int8]] | None
    foreign_codes: bool


@dataclass(frozen=True)
class SealedPerson:
    """A record as it is stored; neither part can be read without the local key.

    Parameters
    ----------
    key : bytes
        The record's own key under the local one: nonce, ciphertext. Without it the content is noise.
    content : bytes
        Likewise, under the record's own key.
    """

    key: bytes
    content: bytes


def encode_person(person: RecordedPerson, surroundings: Sequence[NDArray[np.int8]] | None = None) -> bytes:
    """The content of a person's record, with or without what spares its reader some time."""
    fingers, irises = person.biometrics.fingers, person.biometrics.irises
    description: dict[str, Any] = {
        "enrolment_id": person.enrolment_id,
        "gateway_id": person.gateway_id,
        "recorded_at_ms": milliseconds(person.recorded_at),
        "operator": person.operator,
        "surroundings": None if surroundings is None else surroundings_version(),
        "fingers": [
            {
                "position": int(sample.position),
                "count": len(sample.template),
                "width": sample.template.width,
                "height": sample.template.height,
                "ppi": sample.template.ppi,
            }
            for sample in fingers
        ],
        "irises": [int(sample.eye) for sample in irises],
    }
    text = json.dumps(description, sort_keys=True, separators=(",", ":")).encode()
    parts = [_HEAD.pack(_MAGIC, VERSION, len(text)), text]
    for index, sample in enumerate(fingers):
        rows = np.zeros(len(sample.template), _MINUTIA)
        for name in _MINUTIA.names or ():
            rows[name] = getattr(sample.template, name)
        parts.append(rows.tobytes())
        if surroundings is not None:
            parts.append(surroundings[index].tobytes())
    parts += [encode_code(sample.code) for sample in irises]
    return b"".join(parts)


def decode_person(content: bytes) -> ReadPerson:
    """The person of those bytes.

    Raises
    ------
    RecordUnreadable
        Another version, or not what `encode_person` gives.
    """
    if len(content) < _HEAD.size or len(content) > MOST_BYTES:
        raise RecordUnreadable(f"{len(content)} bytes are no person")
    magic, version, length = _HEAD.unpack_from(content)
    if magic != _MAGIC:
        raise RecordUnreadable("it is no person")
    if version != VERSION:
        raise RecordUnreadable(f"it is a person of version {version}; {VERSION} is read here")
    try:
        return _decoded(json.loads(content[_HEAD.size : _HEAD.size + length]), content, _HEAD.size + length)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise RecordUnreadable(f"a field is wrong: {error}") from error


def _decoded(description: dict[str, Any], content: bytes, at: int) -> ReadPerson:
    if len(description["fingers"]) > MOST_FINGERS or len(description["irises"]) > MOST_IRISES:
        raise ValueError("more samples than a person has")
    fingers, surroundings, irises = [], [], []
    for stated in description["fingers"]:
        count = stated["count"]
        if not 0 <= count <= _MOST_MINUTIAE:
            raise ValueError(f"a finger has up to {_MOST_MINUTIAE} minutiae")
        rows = np.frombuffer(content, _MINUTIA, count, at)
        at += rows.nbytes
        fingers.append(FingerSample(FingerPosition(stated["position"]), _template(rows, stated)))
        if description["surroundings"] is not None:
            around = np.frombuffer(content, np.int8, count * DIRECTIONS, at).reshape(count, DIRECTIONS)
            at += around.nbytes
            surroundings.append(around)
    for eye in description["irises"]:
        code = content[at : at + CODE_BYTES]
        at += CODE_BYTES
        if len(code) == CODE_BYTES and code[_VERSION_OF_CODE] != CODE_VERSION:
            continue
        irises.append(IrisSample(EyePosition(eye), decode_code(code)))
    if at != len(content):
        raise ValueError(f"{len(content)} bytes, {at} were due")
    person = RecordedPerson(
        description["enrolment_id"],
        description["gateway_id"],
        moment(description["recorded_at_ms"]),
        description["operator"],
        Biometrics(tuple(fingers), tuple(irises)),
    )
    known = description["surroundings"] == surroundings_version()
    return ReadPerson(person, surroundings if known else None, len(irises) < len(description["irises"]))


def _template(rows: NDArray[np.void], stated: dict[str, Any]) -> FingerTemplate:
    values = {name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in _MINUTIA.names or ()}
    if not all(np.isfinite(values[name]).all() for name in ("x", "y", "angle")):
        raise ValueError("the place or direction of a minutia is not a finite number")
    width, height, ppi = stated["width"], stated["height"], float(stated["ppi"])
    sized = all(isinstance(side, int) and side <= _MOST_PIXELS for side in (width, height))
    if not sized or not _LEAST_PPI <= ppi <= _MOST_PPI:
        raise ValueError(f"an image has sides of up to {_MOST_PIXELS} pixels, {_LEAST_PPI} to {_MOST_PPI} per inch")
    if any((np.abs(values[name]) > _MOST_PIXELS).any() for name in ("x", "y")):
        raise ValueError("a minutia lies outside of any image")
    return FingerTemplate(**values, width=width, height=height, ppi=ppi)


def person_surroundings(person: RecordedPerson) -> list[NDArray[np.int8]]:
    """Of each finger, to be kept with the record.

    Raises
    ------
    ValueError
        A place or a direction is not a finite number.
    """
    return [quantized_surroundings(sample.template) for sample in person.biometrics.fingers]


def seal_person(content: bytes, local_key: bytes, name: bytes) -> SealedPerson:
    """Encrypt a record under a new key, and that key under the local one.

    Parameters
    ----------
    content : bytes
    local_key : bytes
        32.
    name : bytes
        What the record is called, where it stands: authenticated with both parts, so that none passes for another.
    """
    key = secrets.token_bytes(KEY_BYTES)
    return SealedPerson(_sealed(key, local_key, b"key\0" + name), _sealed(content, key, b"content\0" + name))


def open_person(sealed: SealedPerson, local_key: bytes, name: bytes) -> bytes:
    """The content that was sealed under that name.

    Raises
    ------
    RecordUnreadable
        It was changed, or sealed under another local key or name.
    """
    try:
        key = _opened(sealed.key, local_key, b"key\0" + name)
        return _opened(sealed.content, key, b"content\0" + name)
    except (InvalidTag, ValueError) as error:
        raise RecordUnreadable("it was changed, or is under another key") from error


def milliseconds(time: datetime) -> int:
    """Since 1970, UTC."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def moment(since_1970_ms: int) -> datetime:
    """The inverse of `milliseconds`."""
    return _EPOCH + timedelta(milliseconds=since_1970_ms)


def _sealed(plain: bytes, key: bytes, name: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, name)


def _opened(sealed: bytes, key: bytes, name: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name)
