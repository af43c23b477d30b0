"""The binary form of an iris code, for storing and sending it.

All numbers are big-endian:

====== ===== =========================================================
offset bytes
====== ===== =========================================================
0      4     "RIC" and a zero byte
4      1     version of this form, 1
5      1     version of the code, `IrisCode.version`
6      1     parts, 8
7      1     rows, 16
8      2     columns, 256
10     4     CRC-32 (ISO 3309) of the rest
14     4096  bits: per part and row 32 bytes, column 0 in the lowest bit of the first
4110   4096  mask, likewise
====== ===== =========================================================
"""

import struct
import zlib

import numpy as np

from gateway.iris.code import CODE_VERSION, COLUMNS, PARTS, ROWS, IrisCode

MAGIC = b"RIC\0"
FORM_VERSION = 1
_HEADER = struct.Struct(">4sBBBBHI")
_PLANE = PARTS * ROWS * COLUMNS // 8
CODE_BYTES = _HEADER.size + 2 * _PLANE


def encode_code(code: IrisCode) -> bytes:
    """The 8,206 bytes of a code."""
    planes = b"".join(np.ascontiguousarray(words, "<u8").tobytes() for words in (code.bits, code.mask))
    header = (MAGIC, FORM_VERSION, code.version, PARTS, ROWS, COLUMNS, zlib.crc32(planes))
    return _HEADER.pack(*header) + planes


def decode_code(octets: bytes) -> IrisCode:
    """The code of those bytes; `encode_code` gives exactly these again.

    Raises
    ------
    ValueError
        Not such a form: another length, magic, version or layout, a wrong checksum, a bit where the mask has none.
    """
    if len(octets) != CODE_BYTES:
        raise ValueError(f"a code has {CODE_BYTES} bytes, not {len(octets)}")
    magic, form, version, parts, rows, columns, checksum = _HEADER.unpack_from(octets)
    if magic != MAGIC:
        raise ValueError(f"not an iris code: it begins with {magic!r}")
    if form != FORM_VERSION:
        raise ValueError(f"version {form} of the form is not known, {FORM_VERSION} is")
    if version != CODE_VERSION:
        raise ValueError(f"a code of version {version} does not compare with those of version {CODE_VERSION}")
    if (parts, rows, columns) != (PARTS, ROWS, COLUMNS):
        raise ValueError(f"a code of {parts} parts, {rows} rows and {columns} columns is not of version {version}")
    if zlib.crc32(octets[_HEADER.size :]) != checksum:
        raise ValueError("the checksum is wrong: the code was damaged")
    shape = (PARTS, ROWS, COLUMNS // 64)
    bits, mask = (
        np.frombuffer(octets, "<u8", _PLANE // 8, _HEADER.size + plane * _PLANE).reshape(shape).astype(np.uint64)
        for plane in (0, 1)
    )
    if (bits & ~mask).any():
        raise ValueError("a bit is set that does not count")
    return IrisCode(bits, mask, version)
