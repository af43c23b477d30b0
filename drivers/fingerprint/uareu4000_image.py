"""The picture in one image transfer of a U.are.U 4000 family scanner: header, block table, unscrambling."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH = 384
HEIGHT = 290
HEADER_BYTES = 64
TRANSFER_BYTES = HEADER_BYTES + HEIGHT * WIDTH
"""What the host asks for: one row more than any image has."""

_NOT_SENT = 0x01
_SCRAMBLED = 0x02
_KEY_HELD = 0x04
_KEY_CHANGE = 0x80
_SCRAMBLED_VARIANCE = 5000.0
"""Clear first rows are near uniform, scrambled ones near random; the limit is libfprint's."""
_FEEDBACK = 0x9248144D
_KEYSTREAM_BITS = (4, 8, 11, 14, 18, 21, 24, 29)


class BadImageError(ValueError):
    """The transfer holds no usable picture; the scanner must scan again."""


class Block(NamedTuple):
    """One entry of the block table: consecutive rows treated alike."""

    flags: int
    rows: int


class _RowTables(NamedTuple):
    """A row's 384 steps of the key register, which are linear over GF(2), by each byte of the key before them."""

    keystream: NDArray[np.uint8]
    """(4, 256, 384): the XOR of one entry for each byte of the key, low byte first, is the keystream of the row."""
    key: list[list[int]]
    """(4, 256): likewise the key after the row."""


def decode_image(transfer: bytes, image_key: Callable[[int], int]) -> NDArray[np.uint8]:
    """The picture of an image transfer as the sensor saw it, ridges light on a dark ground.

    Parameters
    ----------
    transfer : bytes
        One bulk transfer: a header of 64 bytes, then rows of 384.
    image_key : callable
        Asked for the 32-bit key of a key number, at the start of a scrambled image and at each key change; it talks
        to the scanner, and what it raises passes through.

    Returns
    -------
    (290, 384) uint8
        Rows that were not sent are 0, except that a lone one repeats the row after it: so it is in the picture that
        libfprint made of the recorded U.are.U 4500. A wider gap stays empty: no ridge is invented.

    Raises
    ------
    BadImageError
        The transfer is shorter than its header says, or the header contradicts itself.
    """
    sent = _sent_rows(transfer)
    blocks = _block_table(transfer)
    if not blocks and not _is_scrambled(sent):
        blocks = [Block(0, len(sent))]
    _check_blocks(blocks, len(sent))
    image = _unscramble(sent, blocks, transfer[6], image_key) if _is_scrambled(sent) else sent
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    taken = top = 0
    for block in blocks:
        if not block.flags & _NOT_SENT:
            picture[top : top + block.rows] = image[taken : taken + block.rows]
            taken += block.rows
        elif block.rows == 1 and taken < len(image):
            picture[top] = image[taken]
        top += block.rows
    return picture


def blank_image(transfer: bytes) -> bytes:
    """The same transfer without its picture: what a driver does with it stays the same, what it shows is noise.

    For tapes. The rows of a scrambled image become stripes, which are told from a clear image as noise is; those of a
    clear one become black.
    """
    payload = len(transfer) - HEADER_BYTES
    if payload <= 0:
        return transfer
    try:
        stripes = _is_scrambled(_sent_rows(transfer))
    except BadImageError:
        stripes = False
    fill = b"\x00\xff" if stripes else b"\x00\x00"
    return transfer[:HEADER_BYTES] + (fill * (payload // 2 + 1))[:payload]


def _sent_rows(transfer: bytes) -> NDArray[np.uint8]:
    if len(transfer) < HEADER_BYTES:
        raise BadImageError(f"the transfer has {len(transfer)} bytes, fewer than its header")
    rows = int.from_bytes(transfer[4:6], "little")
    if not 2 <= rows < HEIGHT:
        raise BadImageError(f"the header counts {rows} rows, of 2 to {HEIGHT - 1}")
    if len(transfer) < HEADER_BYTES + rows * WIDTH:
        raise BadImageError(f"the transfer has {len(transfer)} bytes, too few for the {rows} rows of its header")
    return np.frombuffer(transfer, np.uint8, rows * WIDTH, HEADER_BYTES).reshape(rows, WIDTH)


def _block_table(transfer: bytes) -> list[Block]:
    blocks = []
    for offset in range(16, 46, 2):
        block = Block(transfer[offset], transfer[offset + 1])
        if block.rows == 0:
            break
        blocks.append(block)
    return blocks


def _check_blocks(blocks: list[Block], sent: int) -> None:
    described = sum(block.rows for block in blocks if not block.flags & _NOT_SENT)
    if described != sent:
        raise BadImageError(f"the blocks hold {described} rows, the transfer {sent}")
    shown = sum(block.rows for block in blocks)
    if shown > HEIGHT:
        raise BadImageError(f"the blocks cover {shown} rows, the picture has {HEIGHT}")


def _is_scrambled(sent: NDArray[np.uint8]) -> bool:
    return float(np.var(sent[:2].sum(axis=0, dtype=np.float32))) >= _SCRAMBLED_VARIANCE


def _unscramble(
    sent: NDArray[np.uint8], blocks: list[Block], key_number: int, image_key: Callable[[int], int]
) -> NDArray[np.uint8]:
    """The rows in clear; the key runs on over blocks, also over those that were not sent."""
    clear = sent.copy()
    key = image_key(key_number)
    taken = 0
    for block in blocks:
        if block.flags & _KEY_CHANGE:
            key_number = (key_number + 1) & 0xFF
            key = image_key(key_number)
        rows_here = 0 if block.flags & _NOT_SENT else block.rows
        if not block.flags & _KEY_HELD:
            keys, key = _row_keys(key, block.rows)
            if block.flags & _SCRAMBLED and rows_here:
                # A byte is hidden in the one after it; the last of a block is not sent.
                hidden = sent[taken : taken + rows_here].reshape(-1)
                plain = clear[taken : taken + rows_here].reshape(-1)
                np.bitwise_xor(hidden[1:], _keystream(keys).reshape(-1)[:-1], out=plain[:-1])
                plain[-1] = 0
        taken += rows_here
    return clear


def _row_keys(key: int, rows: int) -> tuple[list[int], int]:
    """The key at the start of each of `rows` rows, and the one after them."""
    first, second, third, fourth = _row_tables().key
    keys = []
    for _ in range(rows):
        keys.append(key)
        key = first[key & 0xFF] ^ second[key >> 8 & 0xFF] ^ third[key >> 16 & 0xFF] ^ fourth[key >> 24]
    return keys, key


def _keystream(keys: list[int]) -> NDArray[np.uint8]:
    """(rows, 384): the keystream of the rows that start with `keys`."""
    tables = _row_tables().keystream
    key_bytes = np.array(keys, "<u4").view(np.uint8).reshape(-1, 4)
    stream: NDArray[np.uint8] = tables[0][key_bytes[:, 0]]
    for place in (1, 2, 3):
        stream ^= tables[place][key_bytes[:, place]]
    return stream


@cache
def _row_tables() -> _RowTables:
    """Run the register once for each single key bit; every other key is a XOR of those."""
    key = np.uint32(1) << np.arange(32, dtype=np.uint32)
    passed = np.empty((WIDTH, 32), np.uint32)
    for step in range(WIDTH):
        passed[step] = key
        parity = np.bitwise_count(key & np.uint32(_FEEDBACK)).astype(np.uint32) & np.uint32(1)
        key = key >> np.uint32(1) | parity << np.uint32(31)
    stream = np.zeros((32, WIDTH), np.uint8)
    for place, bit in enumerate(_KEYSTREAM_BITS):
        stream |= ((passed.T >> np.uint32(bit) & np.uint32(1)) << np.uint32(place)).astype(np.uint8)
    keystream = np.zeros((4, 256, WIDTH), np.uint8)
    after = np.zeros((4, 256), np.uint32)
    for place in range(4):
        for bit in range(8):
            half = 1 << bit
            keystream[place, half : 2 * half] = keystream[place, :half] ^ stream[8 * place + bit]
            after[place, half : 2 * half] = after[place, :half] ^ key[8 * place + bit]
    return _RowTables(keystream, after.tolist())
