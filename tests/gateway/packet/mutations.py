"""Random damage to a packet file, each of a kind that has a name."""

import random
from collections.abc import Callable
from pathlib import Path

from gateway.packet.layout import PacketFront, read_front


def front_of(path: Path) -> PacketFront:
    with path.open("rb") as file:
        return read_front(file)


def chunk_slices(front: PacketFront) -> list[slice]:
    return [slice(begin, begin + length) for begin, length in map(front.chunk_range, range(front.header.chunk_count))]


def mutations(path: Path, count: int, seed: int = 6) -> list[tuple[str, bytes]]:
    """`count` damaged copies of a packet, none equal to it: the kinds in turn, the places at random."""
    whole, source = path.read_bytes(), random.Random(seed)
    chunks = chunk_slices(front_of(path))
    kinds: list[tuple[str, Callable[[], bytes]]] = [
        ("flip", lambda: _flipped(whole, source.randrange(len(whole)), source)),
        ("flip in front", lambda: _flipped(whole, source.randrange(chunks[0].start), source)),
        ("cut out", lambda: _without(whole, source.randrange(len(whole)), source.randint(1, 5000))),
        ("insert", lambda: _with(whole, source.randrange(len(whole) + 1), source.randbytes(source.randint(1, 99)))),
        ("truncate", lambda: whole[: source.randrange(len(whole))]),
        ("append", lambda: whole + source.randbytes(source.randint(1, 300_000))),
        ("swap chunks", lambda: _swapped(whole, *source.sample(chunks[:-1], 2))),
        ("double a chunk", lambda: _with(whole, source.choice(chunks).stop, whole[source.choice(chunks)])),
        ("cut a chunk", lambda: _without_slice(whole, source.choice(chunks))),
        ("overwrite a chunk", lambda: _overwritten(whole, *source.sample(chunks[:-1], 2))),
        ("overwrite", lambda: _overwritten_at(whole, source.randrange(len(whole)), source.randbytes(40))),
    ]
    made: list[tuple[str, bytes]] = []
    while len(made) < count:
        name, make = kinds[len(made) % len(kinds)]
        if (damaged := make()) != whole:
            made.append((name, damaged))
    return made


def _flipped(whole: bytes, at: int, source: random.Random) -> bytes:
    return whole[:at] + bytes([whole[at] ^ 1 << source.randrange(8)]) + whole[at + 1 :]


def _without(whole: bytes, at: int, length: int) -> bytes:
    return whole[:at] + whole[at + length :]


def _without_slice(whole: bytes, part: slice) -> bytes:
    return whole[: part.start] + whole[part.stop :]


def _with(whole: bytes, at: int, piece: bytes) -> bytes:
    return whole[:at] + piece + whole[at:]


def _swapped(whole: bytes, one: slice, two: slice) -> bytes:
    first, second = sorted((one, two), key=lambda part: part.start)
    between = whole[first.stop : second.start]
    return whole[: first.start] + whole[second] + between + whole[first] + whole[second.stop :]


def _overwritten(whole: bytes, target: slice, other: slice) -> bytes:
    return whole[: target.start] + whole[other] + whole[target.stop :]


def _overwritten_at(whole: bytes, at: int, piece: bytes) -> bytes:
    return (whole[:at] + piece + whole[at + len(piece) :])[: len(whole)]
