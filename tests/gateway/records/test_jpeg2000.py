"""JPEG 2000: files of other writers are read, and what would take a decoder's memory or time never reaches it."""

import io
import struct
from collections.abc import Sequence
from typing import Any, NoReturn

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from gateway.records import RecordError, UnsupportedRecordError
from gateway.records.image_data import Compression, decode_image_data
from gateway.records.jpeg2000 import decode_jpeg2000, jpeg2000_header
from gateway.records.reader import RecordReader

GREY = np.random.default_rng(1).integers(0, 256, (300, 260), np.uint8)
SIDE = 4096


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def style(levels: int = 0, block: int = 4, precincts: Sequence[int] = ()) -> bytes:
    """The SPcod or SPcoc parameters, with a reversible wavelet."""
    return bytes([levels, block, block, 0, 1, *precincts])


def cod(levels: int = 0, layers: int = 1, block: int = 4, precincts: Sequence[int] = ()) -> bytes:
    """A coding style in the order by position; its precincts are 16 * y + x, as exponents."""
    return segment(0xFF52, bytes([bool(precincts), 2, *layers.to_bytes(2, "big"), 0]) + style(levels, block, precincts))


def coc(*precincts: int) -> bytes:
    return segment(0xFF53, b"\0\1" + style(precincts=precincts))


def codestream(
    main: bytes,
    tile: tuple[int, int] = (SIDE, SIDE),
    in_tile: bytes = b"",
    components: int = 1,
    tile_part: int | None = None,
) -> bytes:
    """An empty image of SIDE by SIDE pixels."""
    size = struct.pack(">HIIIIIIIIH", 0, SIDE, SIDE, 0, 0, *tile, 0, 0, components) + b"\7\1\1" * components
    quantization = segment(0xFF5C, bytes([0x40] * 20))
    length = 14 + len(in_tile) + 9 if tile_part is None else tile_part
    start = segment(0xFF90, struct.pack(">HIBB", 0, length, 0, 1))
    return (
        b"\xff\x4f"
        + segment(0xFF51, size)
        + main
        + quantization
        + start
        + in_tile
        + b"\xff\x93"
        + bytes(9)
        + b"\xff\xd9"
    )


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def jp2(*, inside: bytes = b"", behind: bytes = b"") -> bytes:
    header = box(b"ihdr", struct.pack(">IIHBBBB", SIDE, SIDE, 1, 7, 7, 0, 0)) + inside
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", header) + behind + box(b"jp2c", codestream(cod()))


BOMBS = {
    "tiles": (codestream(cod(), tile=(16, 17)), "has 61696 tiles"),
    "no tile": (codestream(cod(), tile=(0, SIDE)), "first tile holds nothing"),
    "precincts": (codestream(cod(precincts=[0x33])), "has up to 262144 precincts"),
    "precincts of one resolution": (codestream(cod(2, precincts=[0xFF, 0xFF, 0x44])), "has up to 196608 precincts"),
    # Few precincts, but an order by position goes over the columns of the one for each row of the other.
    "precincts that cross": (codestream(cod(2, precincts=[0xFF, 0x1F, 0xF1])), "has up to 6291456 precincts"),
    "precincts of a component": (codestream(cod() + coc(0x33)), "has up to 262144 precincts"),
    "precincts that cross in components": (
        codestream(cod() + coc(0xF1) + coc(0x1F), components=2),
        "has up to 8388608 precincts",
    ),
    "many component styles": (codestream(cod() + 2 * coc(0xFF)), "more coding styles of components"),
    "precincts of a tile": (codestream(cod(), in_tile=cod(precincts=[0])), "coding style of a tile's own"),
    "precincts of a tile's component": (codestream(cod(), in_tile=coc(0)), "coding style of a tile's own"),
    "a second style": (codestream(cod() + cod(precincts=[0])), "coding style twice"),
    "behind a tile-part": (codestream(cod(), in_tile=cod(precincts=[0]), tile_part=14), "coding style of a tile's own"),
    "a short tile-part": (codestream(cod(), tile_part=12), "fewer than its own header"),
    # OpenJPEG looks for a known marker inside of an unknown segment.
    "in an unknown segment": (codestream(cod() + segment(0xFF70, cod(precincts=[0]))), "a marker of a main header"),
    "in a tile's unknown segment": (
        codestream(cod(), in_tile=segment(0xFF70, cod(precincts=[0]))),
        "a marker of a tile-part header",
    ),
    "code-blocks": (codestream(cod(block=0)), "has 1048576 code-blocks"),
    "code-blocks of bands": (codestream(cod(3, block=1), components=2), "has 524288 code-blocks, expected at most"),
    "layers": (codestream(cod(layers=65535, precincts=[0x55])), "packets, expected at most"),
    "components": (codestream(cod(), components=20), "has 20 components"),
    "a palette": (jp2(inside=box(b"pclr", b"")), "has a palette"),
    "a palette behind": (jp2(behind=box(b"pclr", b"")), "has a palette"),
}


def not_reached(*_: Any, **__: Any) -> NoReturn:
    pytest.fail("the decoder was called")


@pytest.mark.parametrize(("data", "words"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_the_decoder_sees_it(monkeypatch: pytest.MonkeyPatch, data: bytes, words: str) -> None:
    assert len(data) < 400
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", not_reached)
    with pytest.raises(RecordError, match=words):
        decode_jpeg2000(data)
    with pytest.raises(RecordError, match=words):
        decode_image_data(data, Compression.JPEG2000_LOSSY, SIDE, SIDE)


@pytest.mark.parametrize("data", [codestream(cod()), codestream(cod(5, precincts=[0x77] * 6)), jp2()])
def test_what_the_bombs_are_made_from_is_read(data: bytes) -> None:
    header = jpeg2000_header(RecordReader(data))
    assert (header.width, header.height, header.components, header.lossless) == (SIDE, SIDE, 1, True)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"tile_size": (128, 128)},
        {"tile_size": (77, 200), "codeblock_size": (16, 16)},
        {"precinct_size": (128, 128)},
        {"precinct_size": (32, 32), "tile_size": (64, 64), "progression": "RPCL"},
        {"quality_mode": "rates", "quality_layers": [20, 5, 0], "precinct_size": (64, 64)},
    ],
)
def test_tiles_precincts_and_layers_of_another_writer_are_read(how: dict[str, Any], colour: bool) -> None:
    pixels = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]]) if colour else GREY
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG2000", **how)
    np.testing.assert_array_equal(decode_jpeg2000(file.getvalue()), pixels)


def test_a_component_with_the_irreversible_wavelet_is_not_lossless() -> None:
    data = codestream(cod() + segment(0xFF53, b"\0\0" + style()[:-1] + b"\0"))
    assert not jpeg2000_header(RecordReader(data)).lossless


def test_what_is_not_read_here_is_called_so() -> None:
    for name in ("precincts of a tile", "components", "a palette"):
        with pytest.raises(UnsupportedRecordError):
            jpeg2000_header(RecordReader(BOMBS[name][0]))
