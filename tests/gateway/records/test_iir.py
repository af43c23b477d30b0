"""ISO/IEC 19794-6 records: the standard's bytes, pixels that survive, and what is refused where."""

import base64
import io
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from math import isclose, pi, radians
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gateway.records import RecordError, UnsupportedRecordError, iir, iris_view
from gateway.records.iir import (
    CompressionHistory,
    EyeCount,
    EyeLabel,
    ImageFormat,
    ImageKind,
    IrisDevice,
    IrisExtent,
    IrisImage,
    IrisImageRecord,
    IrisTechnology,
    IrisView,
    Orientation,
    RangeCode,
)
from gateway.records.representation import Edition, QualityBlock, TimeUnit

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "records"
NOON = datetime(2026, 2, 28, 23, 59, 58, 500_000, tzinfo=UTC)
FORMATS = [ImageFormat.RAW, ImageFormat.PNG, ImageFormat.JPEG2000]
MAKERS: list[Callable[..., IrisView]] = [
    iris_view.uncropped,
    iris_view.vga,
    iris_view.cropped,
    iris_view.cropped_and_masked,
]
TWO_PIXELS = np.array([[0x10, 0xF0]], np.uint8)
RAW_2011 = bytes.fromhex(
    "49495200 30323000 0000004b 0001 00 01"
    "0000003b 07ea 02 1c 17 3b 3a 01f4 00 0000 0000 01 5a 0000 0001"
    "0001 01 01 02 45 0002 0001 08 0000 ffff ffff 0001 0001 0000 0000 0002 0002 00000002 10f0"
)
RAW_2005 = bytes.fromhex(
    "49495200 30313000 0000003d 0102 01 002d 0010 00d2 0002 0002 0001 08 00"
    "30313233343536373839303132333435 02 0001 0001 5a ffff ffff 00000002 10f0"
)

# Name and bytes of every field, in their order.
GENERAL_HEADER = {"identifier": 4, "version": 4, "length": 4, "count": 2, "certification": 1, "eyes": 1}
BEFORE_QUALITY = {"length": 4, "date": 9, "technology": 1, "vendor": 2, "type": 2, "blocks": 1}
QUALITY_BLOCK = {"score": 1, "vendor": 2, "algorithm": 2}
AFTER_QUALITY = {
    **{"number": 2, "eye": 1, "kind": 1, "format": 1, "properties": 1, "width": 2, "height": 2, "depth": 1},
    **{"range": 2, "roll": 2, "uncertainty": 2},
    **{f"{axis} {end}": 2 for axis in ("x", "y", "diameter") for end in ("smallest", "largest")},
    "image length": 4,
}


def fields(data: bytes, offset: int, table: dict[str, int]) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for name, size in table.items():
        found[name], offset = data[offset : offset + size], offset + size
    return found, offset


def walk(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The fields of a 2011 record by the tables above, and by nothing of the house."""
    general, offset = fields(data, 0, GENERAL_HEADER)
    representations: list[dict[str, Any]] = []
    for _ in range(int.from_bytes(general["count"], "big")):
        start = offset
        found, offset = fields(data, offset, BEFORE_QUALITY)
        found["quality"] = []
        for _ in range(found["blocks"][0]):
            block, offset = fields(data, offset, QUALITY_BLOCK)
            found["quality"].append(tuple(int.from_bytes(value, "big") for value in block.values()))
        rest, offset = fields(data, offset, AFTER_QUALITY)
        found |= rest
        size = int.from_bytes(found["image length"], "big")
        found["image"], offset = data[offset : offset + size], offset + size
        assert int.from_bytes(found["length"], "big") == offset - start
        representations.append(found)
    assert offset == len(data) == int.from_bytes(general["length"], "big")
    return general, representations


def drawn_eye(
    height: int = 480, width: int = 640, centre: tuple[float, float] = (330.4, 236.7), radius: float = 100.0
) -> NDArray[np.uint8]:
    """Pupil, iris, sclera and skin as plain discs and noise."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - centre[0], y - centre[1])
    grey = np.where(distance < radius, 90.0 + 12 * np.sin(np.arctan2(y - centre[1], x - centre[0]) * 30), 190.0)
    grey[distance < radius * 0.4] = 15
    grey[np.abs(y - centre[1]) > radius * 0.8] = 150
    return np.clip(
        cv2.GaussianBlur(grey, (0, 0), 1.5) + np.random.default_rng(1).normal(0, 3, grey.shape), 0, 255
    ).astype(np.uint8)


def lid(y: float) -> NDArray[np.float64]:
    return np.array([[600.0, y], [30.0, y]])


def any_view(pixels: NDArray[np.uint8]) -> IrisView:
    return IrisView(pixels, ImageKind.UNCROPPED, (0.0, 0.0), 1.0)


def coded(pixels: NDArray[np.uint8], **choices: Any) -> IrisImage:
    return iir.code_view(any_view(pixels), EyeLabel.RIGHT, 90, NOON, **choices)


def test_the_bytes_are_the_standards() -> None:
    view = IrisView(TWO_PIXELS, ImageKind.UNCROPPED, (1.0, 0.0), 1.0)
    image = iir.code_view(view, EyeLabel.RIGHT, 90, NOON, image_format=ImageFormat.RAW)
    assert iir.encode_images([image]).hex(" ") == RAW_2011.hex(" ")
    record = iir.decode(RAW_2011)
    assert (record.edition, record.eyes, record.representations) == (Edition.ISO_2011, EyeCount.ONE, (image,))
    np.testing.assert_array_equal(iir.decode_pixels(image), TWO_PIXELS)


def test_the_2005_edition_is_read() -> None:
    record = iir.decode(RAW_2005)
    (image,) = record.representations
    assert (record.edition, record.eyes) == (Edition.ISO_2005, EyeCount.ONE)
    assert record.header_2005 == iir.IrisHeader2005(0x102, 0x10, 210, b"0123456789012345")
    assert (image.eye, image.kind, image.quality, image.number) == (EyeLabel.LEFT, None, 90, 1)
    assert (image.roll, image.roll_uncertainty) == (None, None)
    np.testing.assert_array_equal(iir.decode_pixels(image), TWO_PIXELS)
    with pytest.raises(ValueError, match="only the 2011 edition"):
        iir.encode(record)


@pytest.mark.parametrize("eye", [EyeLabel.RIGHT, EyeLabel.LEFT])
@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_every_kind_and_format_by_the_byte_table_and_other_decoders(
    maker: Callable[..., IrisView], image_format: ImageFormat, eye: EyeLabel
) -> None:
    view = maker(drawn_eye(), (330.4, 236.7), 100.0)
    device = IrisDevice(IrisTechnology.CMOS_OR_CCD, 0xABCD, 7)
    image = iir.code_view(
        view, eye, 73, NOON, image_format=image_format, range_mm=350, roll=radians(-2.5), device=device
    )
    general, (found,) = walk(iir.encode_images([image]))
    height, width = view.pixels.shape
    assert b"".join(general.values())[:8] == b"IIR\x00020\x00"
    assert (general["certification"], general["eyes"]) == (b"\0", b"\1")
    assert found["date"] == struct.pack(">HBBBBBH", 2026, 2, 28, 23, 59, 58, 500)
    assert found["technology"] + found["vendor"] + found["type"] == bytes.fromhex("01 abcd 0007")
    assert found["quality"] == [(73, 0, 1)]
    assert found["number"] == b"\0\1"
    assert found["eye"][0] == {"RIGHT": 1, "LEFT": 2}[eye.name]
    assert found["kind"][0] == {"uncropped": 1, "vga": 2, "cropped": 3, "cropped_and_masked": 7}[maker.__name__]
    assert found["format"][0] == {"RAW": 0x02, "JPEG2000": 0x0A, "PNG": 0x0E}[image_format.name]
    assert found["properties"][0] == 0b01_00_01_01
    assert found["width"] + found["height"] + found["depth"] == struct.pack(">HHB", width, height, 8)
    assert found["range"] + found["roll"] + found["uncertainty"] == struct.pack(
        ">HHH", 350, round(357.5 / 360 * 65536), 65535
    )
    x, y = round(view.centre[0]), round(view.centre[1])
    place = b"".join(found[f"{axis} {end}"] for axis in ("x", "y", "diameter") for end in ("smallest", "largest"))
    assert place == struct.pack(">6H", x, x, y, y, 200, 200)
    if image_format is ImageFormat.RAW:
        assert found["image"] == view.pixels.tobytes()
        return
    by_opencv = cv2.imdecode(np.frombuffer(found["image"], np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_opencv, view.pixels)
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is a second opinion where it is installed")
    np.testing.assert_array_equal(np.asarray(pillow.open(io.BytesIO(found["image"]))), view.pixels)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)), st.sampled_from(FORMATS))
@settings(max_examples=60, deadline=None)
def test_every_pixel_survives(pixels: NDArray[np.uint8], image_format: ImageFormat) -> None:
    before = pixels.copy()
    data = iir.encode_images([coded(pixels, image_format=image_format)])
    record = iir.decode(data)
    np.testing.assert_array_equal(iir.decode_pixels(record.representations[0]), before)
    np.testing.assert_array_equal(pixels, before)
    assert record.representations[0].history is CompressionHistory.LOSSLESS
    assert iir.encode(record) == data


def test_a_view_of_an_array_is_written_in_its_own_order() -> None:
    pixels = drawn_eye()[::-2, ::2].T
    for image_format in FORMATS:
        np.testing.assert_array_equal(iir.decode_pixels(coded(pixels, image_format=image_format)), pixels)
    assert iir.decode_pixels(coded(pixels, max_bytes=3000)).shape == pixels.shape


@pytest.mark.parametrize("max_bytes", [2_000, 6_000, 20_000])
def test_a_lossy_image_is_as_small_as_asked_and_says_so(max_bytes: int) -> None:
    view = iris_view.cropped_and_masked(drawn_eye(), (330.4, 236.7), 100.0, lid(170), lid(310))
    image = iir.code_view(view, EyeLabel.LEFT, 80, NOON, max_bytes=max_bytes)
    _, (found,) = walk(iir.encode_images([image]))
    assert 0.6 * max_bytes < len(found["image"]) <= max_bytes
    assert found["properties"][0] >> 6 == 2
    other = cv2.imdecode(np.frombuffer(found["image"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert other is not None
    assert np.abs(other.astype(int) - iir.decode_pixels(image)).max() <= 1
    assert cv2.PSNR(other, view.pixels) > 32
    with pytest.raises(ValueError, match="more than the 50 asked for"):
        iir.code_view(view, EyeLabel.LEFT, 80, NOON, max_bytes=50)
    with pytest.raises(ValueError, match="no lossy form"):
        iir.code_view(view, EyeLabel.LEFT, 80, NOON, max_bytes=5000, image_format=ImageFormat.PNG)


def test_both_eyes_and_several_images_share_a_record() -> None:
    right, left = (
        iir.code_view(any_view(drawn_eye()[::4, ::4]), eye, quality, NOON)
        for eye, quality in ((EyeLabel.RIGHT, 70), (EyeLabel.LEFT, None))
    )
    data = iir.encode_images([right, left, right])
    general, found = walk(data)
    assert (general["count"], general["eyes"]) == (b"\0\3", b"\2")
    assert [(each["number"][1], each["eye"][0]) for each in found] == [(1, 1), (2, 2), (3, 1)]
    assert [each["quality"][0][0] for each in found] == [70, 255, 70]
    record = iir.decode(data)
    assert [image.number for image in record.representations] == [1, 2, 3]
    within_eye = (right, left, replace(right, number=2))
    numbered = IrisImageRecord(within_eye, EyeCount.BOTH)
    assert iir.decode(iir.encode(numbered)) == numbered
    unknown = replace(right, eye=EyeLabel.UNDEFINED)
    assert iir.decode(iir.encode_images([unknown])).eyes is EyeCount.UNKNOWN


def test_every_field_of_a_2011_record_survives() -> None:
    image = IrisImage(
        EyeLabel.LEFT,
        ImageKind.CROPPED,
        2,
        1,
        ImageFormat.RAW,
        b"\x10\xf0",
        (QualityBlock(None, 1, 2), QualityBlock(70, 0xFFFF, 3)),
        1,
        CompressionHistory.LOSSY,
        Orientation.FLIPPED,
        Orientation.BASE,
        RangeCode.OVERFLOW,
        pi,
        pi / 180,
        IrisExtent((0, 1), (0, 0), (7, 9)),
        IrisDevice(IrisTechnology.CMOS_OR_CCD, 0x735F, 0x3006),
        NOON.replace(microsecond=0),
        TimeUnit.SECOND,
    )
    data = iir.encode_images([image])
    (read,) = iir.decode(data).representations
    assert read.roll_uncertainty is not None
    assert isclose(read.roll_uncertainty, pi / 180, abs_tol=pi / 65536)
    assert replace(read, roll_uncertainty=pi / 180) == image
    assert iir.encode(iir.decode(data)) == data


def test_what_does_not_fit_is_not_written() -> None:
    pixels = drawn_eye()[::4, ::4]
    image = coded(pixels)
    lossy = coded(pixels, max_bytes=2000).data
    for wrong, words in [
        ({"width": 161}, "is 160x120 pixels, but the record says 161x120"),
        ({"data": lossy}, "irreversible"),
        ({"data": image.data[:-40]}, "JPEG 2000"),
        ({"format": ImageFormat.RAW}, "expected 160x120"),
        ({"format": ImageFormat.RAW, "data": b"", "width": 0}, "0x120 pixels"),
        ({"format": ImageFormat.JPEG}, "not of the 2011 edition"),
        ({"kind": None}, "not of the 2011 edition"),
        ({"kind": ImageKind.VGA}, "the kind is VGA, 640x480"),
        ({"number": 0}, "number 0"),
        ({"range_mm": 70_000}, "range is 70000"),
        ({"range_mm": -1}, "range is -1"),
        ({"roll": float("nan")}, "roll angle is nan"),
        ({"extent": IrisExtent(centre_x=(80, 160))}, "iris centre x is 160"),
        ({"extent": IrisExtent(centre_y=(60, 50))}, "smallest first"),
        ({"captured_at": datetime(2026, 1, 1)}, "time zone"),
    ]:
        with pytest.raises(ValueError, match=words):
            iir.encode(IrisImageRecord((replace(image, **wrong),)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a representation"):
        iir.encode_images([])
    with pytest.raises(ValueError, match="number of eyes is 2"):
        iir.encode(IrisImageRecord((image,), EyeCount.BOTH))
    with pytest.raises(ValueError, match="number of eyes is 1"):
        iir.encode(IrisImageRecord((image, replace(image, eye=EyeLabel.LEFT)), EyeCount.ONE))
    with pytest.raises(ValueError, match="JPEG is not written"):
        coded(pixels, image_format=ImageFormat.JPEG)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 5), np.uint16),
        np.zeros((5, 5, 3), np.uint8),
        np.broadcast_to(np.uint8(0), (10_000, 10_000)),
    ],
    ids=["empty", "16-bit", "colour", "100 Mpx"],
)
def test_a_wrong_array_is_not_taken(pixels: NDArray[np.uint8]) -> None:
    for image_format in FORMATS:
        with pytest.raises(ValueError, match="expected"):
            coded(pixels, image_format=image_format)
    for maker in MAKERS:
        with pytest.raises(ValueError, match="expected"):
            maker(pixels, (2, 2), 1.0)


@pytest.mark.parametrize(
    ("at", "put", "offset", "field"),
    [
        (0, "464d5200", 0, "format identifier"),
        (4, "30333000", 4, "version"),
        (4, "30313500", 4, "version"),
        (8, "0000004c", 8, "record length"),
        (8, "ffffffff", 8, "record length"),
        (12, "0000", 12, "number of representations"),
        (12, "0002", 75, "representation length"),
        (14, "01", 14, "certification flag"),
        (15, "02", 15, "number of eyes"),
        (15, "03", 15, "number of eyes"),
        (16, "00000033", 16, "representation length"),
        (16, "0000003a", 16, "representation length"),
        (16, "ffffffff", 16, "representation length"),
        (20, "ffff", 22, "capture month"),
        (22, "0d", 22, "capture month"),
        (23, "1e", 20, "capture date/time"),
        (29, "02", 29, "capture device technology"),
        (35, "65", 35, "quality"),
        (40, "0000", 40, "representation number"),
        (40, "0002", 40, "representation number"),
        (42, "03", 42, "eye label"),
        (43, "02", 46, "image width"),
        (43, "04", 43, "image kind"),
        (44, "06", 44, "image format"),
        (44, "0c", 44, "image format"),
        (44, "0e", 73, "PNG image"),
        (45, "55", 45, "image properties"),
        (45, "c5", 45, "image properties"),
        (46, "0000", 46, "image width"),
        (46, "0003", 73, "image data"),
        (46, "ffffffff", 46, "image width"),
        (50, "07", 50, "bit depth"),
        (50, "18", 50, "bit depth"),
        (57, "0002", 57, "iris centre x"),
        (59, "0002", 57, "iris centre x"),
        (61, "0001", 61, "iris centre y"),
        (65, "0003", 65, "iris diameter"),
        (69, "00000001", 73, "image data"),
        (69, "00000003", 69, "image length"),
        (69, "ffffffff", 69, "image length"),
    ],
)
def test_a_wrong_2011_field_is_named(at: int, put: str, offset: int, field: str) -> None:
    check_named(RAW_2011, at, put, offset, field)


@pytest.mark.parametrize(
    ("at", "put", "offset", "field"),
    [
        (8, "0000003e", 8, "record length"),
        (14, "00", 14, "number of eyes"),
        (14, "02", 61, "eye position"),
        (15, "002e", 15, "record header length"),
        (21, "000a", 21, "image format"),
        (23, "ffffffff", 23, "image width"),
        (23, "0003", 59, "image data"),
        (27, "18", 27, "bit depth"),
        (28, "01", 28, "image transformation"),
        (45, "03", 45, "eye position"),
        (46, "0000", 46, "number of images"),
        (46, "0002", 61, "image number"),
        (48, "0000", 48, "image number"),
        (50, "65", 50, "quality"),
        (55, "ffffffff", 55, "image length"),
    ],
)
def test_a_wrong_2005_field_is_named(at: int, put: str, offset: int, field: str) -> None:
    check_named(RAW_2005, at, put, offset, field)


def check_named(data: bytes, at: int, put: str, offset: int, field: str) -> None:
    wrong = bytearray(data)
    wrong[at : at + len(put) // 2] = bytes.fromhex(put)
    with pytest.raises(RecordError) as refused:
        iir.decode(bytes(wrong))
    assert (refused.value.offset, refused.value.field) == (offset, field)


def test_what_does_not_hinder_reading_is_told() -> None:
    image = coded(drawn_eye()[::4, ::4], max_bytes=2000)
    data = bytearray(iir.encode_images([image]) + bytes(7))
    data[14], data[15] = 1, 2
    data[16:20] = (int.from_bytes(data[16:20], "big") - 5).to_bytes(4, "big")
    data[41], data[45] = 9, 0x75
    record, deviations = iir.decode_leniently(bytes(data))
    assert [error.field for error in deviations] == [
        "record length",
        "certification flag",
        "representation number",
        "image properties",
        "compression history",
        "representation length",
        "end of record",
        "number of eyes",
    ]
    assert record.representations == (replace(image, number=9),)


def with_length(data: bytes) -> bytes:
    """`data` with a record length that is true."""
    return data[:8] + len(data).to_bytes(4, "big") + data[12:] if len(data) >= 12 else data


def small_records() -> dict[str, bytes]:
    pixels = drawn_eye()[200:232, 200:240]
    return {
        "2011": RAW_2011,
        "2005": RAW_2005,
        "JPEG 2000 and PNG": iir.encode_images([coded(pixels), coded(pixels, image_format=ImageFormat.PNG)]),
    }


@pytest.mark.parametrize("data", small_records().values(), ids=small_records())
def test_a_record_cut_anywhere_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        for cut in (data[:length], with_length(data[:length])):
            for decoder in (iir.decode, iir.decode_leniently):
                with pytest.raises(RecordError) as refused:
                    decoder(cut)
                assert 0 <= refused.value.offset <= length


@pytest.mark.parametrize("data", [RAW_2011, RAW_2005], ids=["2011", "2005"])
def test_every_byte_set_to_every_value_is_refused_or_read_as_written(data: bytes) -> None:
    read = 0
    for at in range(len(data)):
        for value in range(256):
            mutant = data[:at] + bytes([value]) + data[at + 1 :]
            try:
                record = iir.decode(mutant)
            except RecordError as error:
                assert 0 <= error.offset <= len(data)  # noqa: PT017
                continue
            read += 1
            assert iir.decode_pixels(record.representations[0]).shape in ((1, 2), (2, 1))
            if record.edition is Edition.ISO_2011:
                assert iir.encode(record) == mutant
    assert read > len(data)


@given(
    st.sampled_from(list(small_records().values())),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=4)), max_size=4),
    st.none() | st.integers(0, 1 << 16),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_record_is_refused_or_gives_images_of_their_size(
    data: bytes, damages: list[tuple[int, bytes]], cut: int | None, lengthen: bool
) -> None:
    damaged = bytearray(data)
    for at, put in damages:
        at %= len(damaged)
        damaged[at : at + len(put)] = put
    if cut is not None:
        del damaged[cut % len(damaged) :]
    wrong = with_length(bytes(damaged)) if lengthen else bytes(damaged)
    for decoder in (iir.decode, lambda data: iir.decode_leniently(data)[0]):
        try:
            record = decoder(wrong)
        except RecordError as error:
            assert 0 <= error.offset <= len(wrong)  # noqa: PT017
            continue
        assert sum(len(image.data) for image in record.representations) <= len(wrong)
        for image in record.representations:
            try:
                assert iir.decode_pixels(image).shape == (image.height, image.width)
            except RecordError as error:
                assert 0 <= error.offset <= len(image.data)  # noqa: PT017


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused(noise: bytes) -> None:
    for start in (b"", RAW_2011[:8], RAW_2011[:29], RAW_2005[:8], RAW_2005[:45]):
        with pytest.raises(RecordError):
            iir.decode(start + noise)


def test_an_image_that_is_not_what_the_record_says_is_refused() -> None:
    grey = drawn_eye()[::4, ::4]
    colour = np.dstack([grey] * 3)
    png, jpeg2000 = coded(grey, image_format=ImageFormat.PNG), coded(grey)
    cases: list[tuple[IrisImage, bytes, str]] = [
        (png, jpeg2000.data, "PNG image at byte 73: does not begin as a PNG"),
        (jpeg2000, png.data, "neither a JP2 file nor a codestream"),
        (jpeg2000, coded(grey, max_bytes=2000).data, "compression history at byte 45: says lossless"),
        (jpeg2000, bytes(imagecodecs.jpeg2k_encode(colour, level=0)), "3 components of 8 bits"),
        (png, bytes(imagecodecs.png_encode(colour)), "3 components of 8 bits"),
        (png, bytes(imagecodecs.png_encode(grey.astype(np.uint16) * 257)), "1 components of 16 bits"),
        (png, png.data + b"\0", "1 bytes follow after its end"),
        (png, png.data[:-12], "PNG image at byte"),
        (png, png.data[:-13] + png.data[-12:], "has a wrong checksum"),
        (jpeg2000, jpeg2000.data + b"\0", "JPEG 2000 image"),
        (png, bytes(imagecodecs.png_encode(grey.T.copy())), "is 120x160 pixels, but the record says 160x120"),
    ]
    for image, data, words in cases:
        record = bytearray(iir.encode_images([image])[:73] + data)
        record[69:73] = len(data).to_bytes(4, "big")
        record[16:20] = (57 + len(data)).to_bytes(4, "big")
        with pytest.raises(RecordError, match=words):
            iir.decode(with_length(bytes(record)))


def test_many_representations_take_no_more_than_their_bytes() -> None:
    (image,) = iir.decode(RAW_2011).representations
    count = 3000
    record = iir.decode(iir.encode_images([image] * count))
    assert record.representations[-1].number == count


@given(
    st.floats(20, 90),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([iris_view.cropped, iris_view.cropped_and_masked]),
)
@settings(max_examples=60, deadline=None)
def test_a_crop_is_the_iris_and_its_margins(
    radius: float, across: float, along: float, maker: Callable[..., IrisView]
) -> None:
    pixels = drawn_eye(300, 400, (200, 150), 80)
    before = pixels.copy()
    centre = (
        1.6 * radius - 0.5 + across * (400 - 3.2 * radius),
        1.2 * radius - 0.5 + along * (300 - 2.4 * radius),
    )
    view = maker(pixels, centre, radius, extend=True)
    np.testing.assert_array_equal(pixels, before)
    height, width = view.pixels.shape
    assert 3.2 * radius <= width <= 3.2 * radius + 2
    assert 2.4 * radius <= height <= 2.4 * radius + 2
    x, y = view.centre
    assert abs(x - (width - 1) / 2) <= 1
    assert abs(y - (height - 1) / 2) <= 1
    assert min(x + 0.5, width - 0.5 - x) >= 1.6 * radius - 1e-9
    assert min(y + 0.5, height - 0.5 - y) >= 1.2 * radius - 1e-9
    # The iris is where it was, pixel for pixel.
    left, top = round(centre[0] - x), round(centre[1] - y)
    rows, columns = np.nonzero(np.hypot(*np.ogrid[-y : height - y - 0.5, -x : width - x - 0.5]) < radius * 0.95)
    np.testing.assert_array_equal(view.pixels[rows, columns], pixels[rows + top, columns + left])


def test_masks_are_grey_200_and_128_and_spare_the_iris() -> None:
    pixels, centre, radius = drawn_eye(), (330.4, 236.7), 100.0
    view = iris_view.cropped_and_masked(pixels, centre, radius, lid(170), lid(310))
    plain = iris_view.cropped(pixels, centre, radius)
    assert view.pixels.shape == plain.pixels.shape
    y, x = np.mgrid[: view.pixels.shape[0], : view.pixels.shape[1]]
    distance = np.hypot(x - view.centre[0], y - view.centre[1])
    top, bottom = (edge - centre[1] + view.centre[1] for edge in (170, 310))
    seen = (distance <= radius) & (y >= top) & (y <= bottom)
    np.testing.assert_array_equal(view.pixels[seen], plain.pixels[seen])
    soft = 8
    lids = (y < top - soft) | (y > bottom + soft)
    sclera = (distance > radius + soft) & (y > top + soft) & (y < bottom - soft)
    assert lids.sum() > 10_000
    assert sclera.sum() > 5_000
    assert set(np.unique(view.pixels[lids])) == {128}
    assert set(np.unique(view.pixels[sclera])) == {200}
    assert set(np.argsort(np.bincount(view.pixels[~seen], minlength=256))[-2:]) == {128, 200}
    steps = np.abs(np.diff(view.pixels[5, :].astype(int)))
    assert steps.max() == 0
    border = view.pixels[:, 5].astype(int)
    assert np.abs(np.diff(border)).max() < 30  # soft from 128 to 200


def test_a_lid_goes_on_straight_beyond_what_was_seen_of_it() -> None:
    pixels, centre, radius = drawn_eye(), (330.4, 236.7), 100.0
    x = np.linspace(260, 400, 30)
    rise = np.abs(x - 330) * 0.5
    seen = np.column_stack([x, 170 + rise])[::-1]
    far = np.abs(np.array([130.0, 330.0, 530.0]) - 330) * 0.5
    whole = np.column_stack([[130.0, 330.0, 530.0], 170 + far])
    by_seen, by_whole = (
        iris_view.cropped_and_masked(pixels, centre, radius, points.astype(np.float32)).pixels
        for points in (seen, whole)
    )
    assert np.mean(np.abs(by_seen.astype(int) - by_whole) > 2) < 0.003
    steep = np.array([[329.0, 100.0], [331.0, 400.0]])
    upright = np.array([[330.0, 100.0], [330.0, 150.0]])
    for points in (steep, upright):
        view = iris_view.cropped_and_masked(pixels, centre, radius, points)
        assert view.pixels[-1, 2] == 200
        assert view.pixels[2, -3] == 128


def test_a_limbus_that_is_no_circle_is_followed() -> None:
    pixels, centre = drawn_eye(), np.array([330.4, 236.7])
    turn = np.linspace(0, 2 * pi, 90, endpoint=False)
    limbus = centre + np.column_stack([100 * np.cos(turn), 80 * np.sin(turn)])
    view = iris_view.cropped_and_masked(pixels, centre, 100.0, limbus=limbus)
    plain = iris_view.cropped(pixels, centre, 100.0)
    kept = view.pixels == plain.pixels
    x, y = (round(value) for value in view.centre)
    assert kept[y - 78 : y + 79, x].all()
    assert kept[y, x - 97 : x + 98].all()
    assert not kept[y - 100 : y - 84, x].all()
    wild = np.array([[-1e12, -1e12], [1e12, -1e12], [0, 1e12]])
    assert iris_view.cropped_and_masked(pixels, centre, 100.0, limbus=wild).pixels.shape == plain.pixels.shape


def test_a_missing_margin_is_refused_or_continued() -> None:
    pixels, radius = drawn_eye(240, 320, (120, 110), 90), 90.0
    for maker in (iris_view.uncropped, iris_view.vga, iris_view.cropped):
        with pytest.raises(ValueError, match="within the margin: pixels missing are 24 at the left"):
            maker(pixels, (120.0, 110.0), radius)
    view = iris_view.cropped(pixels, (120.0, 110.0), radius, extend=True)
    np.testing.assert_array_equal(view.pixels[:, :24], np.repeat(view.pixels[:, 24:25], 24, axis=1))
    np.testing.assert_array_equal(view.pixels[:, 24:], pixels[2:219, : view.pixels.shape[1] - 24])
    for maker in (iris_view.cropped, iris_view.cropped_and_masked):
        with pytest.raises(ValueError, match="within the iris"):
            maker(pixels, (80.0, 110.0), radius, extend=True)


@pytest.mark.parametrize(
    ("shape", "centre", "radius", "scale"),
    [
        ((480, 640), (330.4, 236.7), 100.0, 1.0),
        ((1080, 1920), (500.0, 300.0), 100.0, 1.0),
        ((1080, 1920), (170.0, 950.0), 100.0, 1.0),
        ((1500, 2000), (900.0, 700.0), 400.0, 478 / 960),
    ],
)
def test_vga_is_640_by_480_with_its_margins(
    shape: tuple[int, int], centre: tuple[float, float], radius: float, scale: float
) -> None:
    pixels = drawn_eye(*shape, centre, radius)
    view = iris_view.vga(pixels, centre, radius)
    assert view.pixels.shape == (480, 640)
    assert isclose(view.radius, radius * scale, rel_tol=2e-3)
    x, y = view.centre
    assert 1.6 * view.radius - 0.5 <= x <= 639.5 - 1.6 * view.radius
    assert 1.2 * view.radius - 0.5 <= y <= 479.5 - 1.2 * view.radius
    # The dark pupil lies where the view says.
    rows, columns = np.nonzero(cv2.medianBlur(view.pixels, 5) < 50)
    assert abs(columns.mean() - x) < 0.5
    assert abs(rows.mean() - y) < 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda eye: iris_view.vga(eye[:300], (330, 150), 50.0),
        lambda eye: iris_view.cropped(eye, (330, 236), float("nan")),
        lambda eye: iris_view.cropped(eye, (330, float("inf")), 50.0),
        lambda eye: iris_view.cropped(eye, (330, 236), 0.0),
        lambda eye: iris_view.cropped(eye, (330,), 50.0),
        lambda eye: iris_view.cropped(eye, (330, 236), 1e300, extend=True),
        lambda eye: iris_view.cropped_and_masked(eye, (330, 236), 50.0, np.zeros((1, 2))),
        lambda eye: iris_view.cropped_and_masked(eye, (330, 236), 50.0, None, np.zeros((5, 3))),
        lambda eye: iris_view.cropped_and_masked(eye, (330, 236), 50.0, limbus=np.full((9, 2), np.nan)),
    ],
)
def test_geometry_that_is_none_is_refused(call: Callable[[NDArray[np.uint8]], IrisView]) -> None:
    with pytest.raises(ValueError, match=r"expected|fewer than|within the iris"):
        call(drawn_eye())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/records beside the checkout")
class TestRecordsOfOthers:
    def test_every_record_reads_as_the_table_says(self) -> None:
        read: list[str] = []
        for line in (SHARED / "facts.tsv").read_text(encoding="utf-8").splitlines():
            name, size, _, facts = line.split("\t")
            if not name.startswith("iir/") or name in ("iir/biomdi-irex015.iir", "iir/biomdi-2011-iris01.iir"):
                continue
            data = (SHARED / name).read_bytes()
            record = iir.decode(data)
            (image,) = record.representations
            assert len(data) == int(size)
            assert f"eyes {record.eyes.value}" in facts
            assert f"eye {image.eye.value} " in facts
            assert f" {image.width}x{image.height} " in facts
            score = re.search(r" q \[?\(?(\d+)", facts)
            assert score
            assert image.quality == int(score[1])
            assert (image.roll, image.roll_uncertainty, image.range_mm) == (None, None, RangeCode.UNASSIGNED)
            if record.edition is Edition.ISO_2011:
                assert image.kind is not None
                assert f"kind {image.kind.value} fmt 0a prop {image.history << 6:02x}" in facts
                assert image.captured_at is not None
                assert f"date {image.captured_at.year:04x}{image.captured_at.month:02x}" in facts
                assert f"vendor {image.device.vendor:04x} type {image.device.type_id:04x}" in facts
                assert iir.encode(record) == data
                walk(data)
            else:
                assert record.header_2005 is not None
                assert f"diam {record.header_2005.iris_diameter} " in facts
            read.append(name)
        assert len(read) >= 5

    def test_every_image_decodes_as_other_decoders_do(self) -> None:
        pillow = pytest.importorskip("PIL.Image", reason="Pillow is a second opinion where it is installed")
        seen = 0
        for path in sorted((SHARED / "iir").glob("*.iir")):
            if path.name.startswith("biomdi"):
                continue
            (image,) = iir.decode(path.read_bytes()).representations
            pixels = iir.decode_pixels(image)
            other = np.asarray(pillow.open(io.BytesIO(image.data)))
            assert other.shape == pixels.shape == (image.height, image.width)
            tolerance = 0 if b"\xff\x52" in image.data and image.history is CompressionHistory.LOSSLESS else 1
            assert np.abs(other.astype(int) - pixels).max() <= tolerance
            seen += 1
        assert seen >= 5

    def test_a_reversible_image_may_have_a_lossy_history(self) -> None:
        (image,) = iir.decode((SHARED / "iir" / "bioutils-2011-left_auth.iir").read_bytes()).representations
        assert image.history is CompressionHistory.LOSSY
        coding_style = image.data.index(b"\xff\x52")
        assert image.data[coding_style + 13] == 1  # the 5-3 wavelet

    def test_a_colour_record_of_a_wrong_length_is_refused(self) -> None:
        data = (SHARED / "iir" / "biomdi-2011-iris01.iir").read_bytes()
        with pytest.raises(UnsupportedRecordError, match="bit depth at byte 55: is 24"):
            iir.decode(data)
        # The same with a grey image in it: its representation length still leaves the second quality block out.
        grey = coded(drawn_eye()[:47, :76], image_format=ImageFormat.PNG).data
        rest = bytearray(data[:78] + grey)
        rest[55] = 8
        rest[74:78] = len(grey).to_bytes(4, "big")
        rest[16:20] = (len(rest) - 16 - 5).to_bytes(4, "big")
        with pytest.raises(RecordError, match="representation length at byte 16"):
            iir.decode(with_length(bytes(rest)))
        record, deviations = iir.decode_leniently(with_length(bytes(rest)))
        assert [error.field for error in deviations] == ["representation length"]
        assert [block.score for block in record.representations[0].quality_blocks] == [7, 76]

    def test_the_irex_variant_is_named_and_refused(self) -> None:
        with pytest.raises(UnsupportedRecordError, match="the IREX variant"):
            iir.decode((SHARED / "iir" / "biomdi-irex015.iir").read_bytes())

    def test_irises_in_cbeff_files_are_read_or_refused(self) -> None:
        def irises(name: str) -> list[bytes]:
            blocks = re.findall(r"<(?:\w+:)?BDB>([^<]+)<", (SHARED / "cbeff" / name).read_text(encoding="utf-8"))
            return [data for data in map(base64.b64decode, blocks) if data.startswith(b"IIR\0")]

        padded, left = irises("bioutils-cbeff-sample.xml")
        with pytest.raises(RecordError, match="record length at byte 8: says 29657, but there are 307200 bytes"):
            iir.decode(padded)
        record, deviations = iir.decode_leniently(padded)
        assert [error.field for error in deviations] == ["record length", "end of record"]
        assert (record.representations[0].eye, len(record.representations[0].data)) == (EyeLabel.RIGHT, 29_589)
        assert iir.decode(padded[:29_657]) == record
        (image,) = iir.decode(left).representations
        assert (image.eye, image.quality) == (EyeLabel.LEFT, None)
        assert iir.decode_pixels(image).shape == (305, 407)
        wrecked = irises("bioutils-TestCbeff.xml")
        assert len(wrecked) == 2
        for data in wrecked:
            for decoder in (iir.decode, iir.decode_leniently):
                with pytest.raises(RecordError):
                    decoder(data)

    def test_colour_irises_of_a_passport_are_named_and_refused(self) -> None:
        data = (SHARED / "card" / "bsi2008" / "Datagroup4.bin").read_bytes()
        starts = [found.start() for found in re.finditer(b"IIR\0", data)]
        assert len(starts) == 2
        for start in starts:
            record = data[start : start + int.from_bytes(data[start + 8 : start + 12], "big")]
            with pytest.raises(UnsupportedRecordError, match="image format at byte 21: is 0x0010"):
                iir.decode(record)

    def test_mosip_crops_have_the_margins_that_are_written_here(self) -> None:
        """417 x 313 is 3.2 by 2.4 radii of 130.3 pixels."""
        (image,) = iir.decode((SHARED / "iir" / "mock-reg-0001Left_Iris.iir").read_bytes()).representations
        view = iris_view.cropped(np.zeros((480, 640), np.uint8), (320, 240), image.width / 3.2)
        assert abs(view.pixels.shape[1] - image.width) <= 2
        assert abs(view.pixels.shape[0] - image.height) <= 2
