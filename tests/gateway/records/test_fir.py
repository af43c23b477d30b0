"""ISO/IEC 19794-4 records: the standard's bytes, pixels that survive, and what is refused where."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from gateway.finger import SLAP_CODES, FingerPosition, ImpressionType, SlapHand
from gateway.records import RecordError, UnsupportedRecordError, fir
from gateway.records.fir import Compression, Device, Edition, FingerImageRecord, QualityBlock, ScaleUnits
from gateway.records.representation import CaptureTechnology, CertificationBlock
from tests.counted_calls import counted_calls

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "records"
NOON = datetime(2026, 2, 28, 23, 59, 58, 500_000, tzinfo=UTC)
LOSSLESS = [Compression.RAW, Compression.JPEG2000_LOSSLESS]
TWO_PIXELS = np.array([[0x10, 0xF0]], np.uint8)
RAW_2011 = bytes.fromhex(
    "46495200 30323000 00000040 0001 00 01"
    "00000030 07ea 02 1c 17 3b 3a 01f4 00 0000 0000 01 5a 0000 0001"
    "02 00 01 01f4 01f4 01f4 01f4 08 00 00 0002 0001 00000002 10f0"
)
RAW_2005 = bytes.fromhex(
    "46495200 30313000 000000000030 0102 001f 01 01 01f4 01f4 01f4 01f4 08 00 0000"
    "00000010 02 01 01 5a 00 0002 0001 00 10f0"
)


def ridges(height: int = 120, width: int = 90, seed: int = 0) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width]
    waves = 120 + 80 * np.sin(np.hypot(x - width / 2, y - height / 3) * 2 * np.pi / 9)
    grey = np.clip(waves + np.random.default_rng(seed).normal(0, 8, waves.shape), 0, 255)
    return np.asarray(grey, np.uint8)


def image_record(pixels: NDArray[np.uint8], compression: Compression = Compression.JPEG2000_LOSSLESS) -> bytes:
    return fir.encode_image(pixels, 500, FingerPosition.RIGHT_INDEX, 90, NOON, compression=compression)


def test_the_bytes_are_the_standards() -> None:
    assert image_record(TWO_PIXELS, Compression.RAW).hex(" ") == RAW_2011.hex(" ")
    record = fir.decode(RAW_2011)
    (image,) = record.representations
    assert (record.edition, image.position, image.quality, image.captured_at) == (Edition.ISO_2011, 2, 90, NOON)
    assert (image.width, image.height, image.image_ppi) == (2, 1, (500, 500))
    np.testing.assert_array_equal(fir.decode_pixels(image), TWO_PIXELS)


def test_slaps_have_position_codes_of_their_own() -> None:
    for code in SLAP_CODES:
        record = fir.encode_image(ridges(), 500, SlapHand(code), 90, NOON)
        (image,) = fir.decode(record).representations
        assert image.position is SlapHand(code)
        assert fir.decode_pixels(image).shape == (120, 90)
        (former,) = fir.decode(RAW_2005[:36] + bytes([code]) + RAW_2005[37:]).representations
        assert former.position is SlapHand(code)


def test_the_2005_edition_is_read() -> None:
    record = fir.decode(RAW_2005)
    (image,) = record.representations
    assert (record.edition, record.acquisition_level, image.device.type_id) == (Edition.ISO_2005, 31, 0x102)
    assert (image.position, image.quality, image.number, image.scan_ppi) == (2, 90, 0, (500, 500))
    np.testing.assert_array_equal(fir.decode_pixels(image), TWO_PIXELS)
    with pytest.raises(ValueError, match="only the 2011 edition"):
        fir.encode(record)


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)),
    st.sampled_from(LOSSLESS),
    st.floats(250, 1000),
    st.none() | st.integers(0, 100),
)
@settings(max_examples=60, deadline=None)
def test_every_pixel_survives(
    pixels: NDArray[np.uint8], compression: Compression, ppi: float, quality: int | None
) -> None:
    before = pixels.copy()
    data = fir.encode_image(pixels, ppi, FingerPosition.LEFT_RING, quality, None, compression=compression)
    record = fir.decode(data)
    (image,) = record.representations
    np.testing.assert_array_equal(fir.decode_pixels(image), before)
    np.testing.assert_array_equal(pixels, before)
    assert (image.quality, image.compression) == (quality, compression)
    assert image.image_ppi[0] == round(ppi)
    assert fir.encode(record) == data


def test_independent_decoders_give_the_same_pixels() -> None:
    pixels = ridges()
    coded = fir.decode(image_record(pixels)).representations[0].data
    by_opencv = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_opencv, pixels)
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is a second opinion where it is installed")
    np.testing.assert_array_equal(np.asarray(pillow.open(io.BytesIO(coded))), pixels)


def test_a_view_of_an_array_is_written_in_its_own_order() -> None:
    pixels = ridges()[::-1, ::2].T
    for compression in LOSSLESS:
        (image,) = fir.decode(image_record(pixels, compression)).representations
        np.testing.assert_array_equal(fir.decode_pixels(image), pixels)


def test_every_field_of_a_2011_record_survives() -> None:
    (first,) = fir.decode(image_record(ridges())).representations
    first = replace(
        first,
        impression=ImpressionType.LIVE_SCAN_ROLLED,
        quality_blocks=(QualityBlock(None, 1, 2), QualityBlock(70, 0xFFFF, 3)),
        scale_units=ScaleUnits.PIXELS_PER_CM,
        scan_ppi=(394 * 2.54, 394 * 2.54),
        image_ppi=(197 * 2.54, 196 * 2.54),
        device=Device(CaptureTechnology.MONOCHROMATIC_IR_TIR, 0xABCD, 5),
        certifications=(CertificationBlock(64, 2),),
        extended=bytes.fromhex("0002 0009 0101 0a0200 0003 0006 4869"),
    )
    second = replace(first, number=1, quality_blocks=(), certifications=(), captured_at=None, extended=b"")
    third = replace(second, number=0, position=FingerPosition.LEFT_LITTLE)
    written = FingerImageRecord((first, second, third))
    data = fir.encode(written)
    assert data[15] == 2  # distinct positions
    assert fir.decode(data) == written


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 5), np.uint8),
        np.zeros((5, 5), np.uint16),
        np.zeros((5, 5), np.float32),
        np.zeros((5, 5, 3), np.uint8),
        np.zeros(5, np.uint8),
        np.broadcast_to(np.uint8(0), (10_000, 10_000)),
    ],
    ids=["empty", "16-bit", "float", "colour", "flat", "100 Mpx"],
)
@pytest.mark.parametrize("compression", LOSSLESS)
def test_a_wrong_array_is_not_written(pixels: NDArray[np.uint8], compression: Compression) -> None:
    with pytest.raises(ValueError, match="expected"):
        image_record(pixels, compression)


def test_what_does_not_fit_is_not_written() -> None:
    (image,) = fir.decode(image_record(ridges())).representations
    lossy = bytes(imagecodecs.jpeg2k_encode(ridges(), level=30, reversible=False))
    for wrong, words in [
        ({"width": 91}, "is 90x120 pixels, but the record says 91x120"),
        ({"data": lossy}, "irreversible"),
        ({"data": image.data[:-40]}, "JPEG 2000"),
        ({"compression": Compression.RAW}, "expected 90x120"),
        ({"image_ppi": (1000.0, 1000.0)}, "above the scan resolution"),
        ({"scan_ppi": (0.0, 0.0), "image_ppi": (0.0, 0.0)}, "resolution of 0.0 ppi"),
        ({"number": 1}, "number 1"),
        ({"extended": b"\0\3\0\5"}, "extended data"),
        ({"captured_at": datetime(2026, 1, 1)}, "time zone"),
    ]:
        with pytest.raises(ValueError, match=words):
            fir.encode(FingerImageRecord((replace(image, **wrong),)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="WSQ is not written"):
        image_record(ridges(), Compression.WSQ)


@pytest.mark.parametrize(
    ("at", "put", "offset", "field"),
    [
        (0, "464d5200", 0, "format identifier"),
        (4, "30333000", 4, "version"),
        (8, "00000041", 8, "record length"),
        (8, "ffffffff", 8, "record length"),
        (12, "0000", 12, "number of representations"),
        (12, "0002", 64, "representation length"),
        (14, "02", 14, "certification flag"),
        (15, "02", 15, "number of distinct positions"),
        (16, "00000028", 16, "representation length"),
        (16, "00000031", 16, "representation length"),
        (16, "0000002f", 58, "image length"),
        (23, "1e", 20, "capture date/time"),
        (22, "0d", 22, "capture month"),
        (35, "65", 35, "quality"),
        (40, "0b", 40, "finger position"),
        (41, "01", 41, "view or representation number"),
        (42, "03", 42, "scale units"),
        (43, "0000", 43, "horizontal scan resolution"),
        (49, "01f5", 49, "vertical image resolution"),
        (51, "10", 51, "bit depth"),
        (51, "00", 51, "bit depth"),
        (52, "01", 52, "compression"),
        (52, "07", 52, "compression"),
        (53, "0a", 53, "impression type"),
        (54, "0000", 54, "image width"),
        (54, "0003", 62, "image data"),
        (54, "ffffffff", 54, "image width"),
        (58, "00000001", 62, "image data"),
        (58, "00000003", 58, "image length"),
        (58, "ffffffff", 58, "image length"),
    ],
)
def test_a_wrong_2011_field_is_named(at: int, put: str, offset: int, field: str) -> None:
    wrong = bytearray(RAW_2011)
    wrong[at : at + len(put) // 2] = bytes.fromhex(put)
    with pytest.raises(RecordError) as refused:
        fir.decode(bytes(wrong))
    assert (refused.value.offset, refused.value.field) == (offset, field)


@pytest.mark.parametrize(
    ("at", "put", "offset", "field"),
    [
        (8, "000000000031", 8, "record length"),
        (8, "ffffffffffff", 8, "record length"),
        (16, "0020", 16, "image acquisition level"),
        (18, "02", 18, "number of distinct positions"),
        (19, "00", 19, "scale units"),
        (29, "01", 29, "compression"),
        (30, "0001", 30, "reserved bytes"),
        (32, "0000000d", 32, "finger block length"),
        (32, "00000011", 32, "finger block length"),
        (36, "0b", 36, "finger position"),
        (37, "02", 37, "number of views"),
        (38, "00", 38, "view number"),
        (38, "02", 38, "view or representation number"),
        (39, "65", 39, "quality"),
        (45, "01", 45, "reserved byte"),
        (41, "0003", 46, "image data"),
    ],
)
def test_a_wrong_2005_field_is_named(at: int, put: str, offset: int, field: str) -> None:
    wrong = bytearray(RAW_2005)
    wrong[at : at + len(put) // 2] = bytes.fromhex(put)
    with pytest.raises(RecordError) as refused:
        fir.decode(bytes(wrong))
    assert (refused.value.offset, refused.value.field) == (offset, field)


def with_length(data: bytes) -> bytes:
    """`data` with a record length that is true."""
    size = 6 if data[4:8] == b"010\0" else 4
    return data[:8] + len(data).to_bytes(size, "big") + data[8 + size :] if len(data) >= 8 + size else data


@pytest.mark.parametrize("data", [RAW_2011, RAW_2005, image_record(ridges(20, 16))], ids=["2011", "2005", "JPEG 2000"])
def test_a_record_cut_anywhere_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        for cut in (data[:length], with_length(data[:length])):
            for decoder in (fir.decode, fir.decode_leniently):
                with pytest.raises(RecordError) as refused:
                    decoder(cut)
                assert 0 <= refused.value.offset <= length


@pytest.mark.parametrize("data", [RAW_2011, RAW_2005], ids=["2011", "2005"])
def test_every_byte_set_to_every_value_is_refused_or_read_as_written(data: bytes) -> None:
    read = 0
    offsets: set[int] = set()
    for at in range(len(data)):
        for value in range(256):
            mutant = data[:at] + bytes([value]) + data[at + 1 :]
            try:
                record = fir.decode(mutant)
            except RecordError as error:
                offsets.add(error.offset)
                continue
            read += 1
            assert fir.decode_pixels(record.representations[0]).shape == (1, 2)
            if record.edition is Edition.ISO_2011:
                assert fir.encode(record) == mutant
    assert read > len(data)
    assert offsets <= set(range(len(data) + 1))


CODED: dict[Compression, Callable[[NDArray[Any]], bytes | bytearray]] = {
    Compression.JPEG2000_LOSSLESS: lambda pixels: imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k"),
    Compression.JPEG2000_LOSSY: lambda pixels: imagecodecs.jpeg2k_encode(pixels, level=35, reversible=False),
    Compression.JPEG: imagecodecs.jpeg8_encode,
    Compression.PNG: imagecodecs.png_encode,
}


def coded_record(pixels: NDArray[Any], coded_as: Compression, called: Compression) -> bytes:
    image = bytes(CODED[coded_as](pixels))
    header = bytearray(RAW_2011[:62])
    header[52] = called
    header[54:58] = pixels.shape[1].to_bytes(2, "big") + pixels.shape[0].to_bytes(2, "big")
    header[58:62] = len(image).to_bytes(4, "big")
    header[16:20] = (46 + len(image)).to_bytes(4, "big")
    return with_length(bytes(header) + image)


@pytest.mark.parametrize("compression", CODED)
def test_other_codings_are_read(compression: Compression) -> None:
    pixels = ridges(200, 160)
    record = fir.decode(coded_record(pixels, compression, compression))
    error = np.abs(fir.decode_pixels(record.representations[0]).astype(int) - pixels).mean()
    assert error == 0 if compression in (Compression.PNG, Compression.JPEG2000_LOSSLESS) else 0 < error < 6


@pytest.mark.parametrize("compression", CODED)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=3),
    st.none() | st.integers(0, 1 << 16),
)
@settings(max_examples=60, deadline=None)
def test_a_damaged_image_is_refused_or_has_its_size(
    compression: Compression, damages: list[tuple[int, int]], cut: int | None
) -> None:
    (image,) = fir.decode(coded_record(ridges(60, 50), compression, compression)).representations
    damaged = bytearray(image.data)
    for at, value in damages:
        damaged[at % len(damaged)] = value
    if cut is not None:
        del damaged[cut % len(damaged) :]
    try:
        pixels = fir.decode_pixels(replace(image, data=bytes(damaged)))
    except RecordError as error:
        assert 0 <= error.offset <= len(damaged)  # noqa: PT017
        return
    assert pixels.shape == (60, 50)
    assert pixels.dtype == np.uint8


def test_an_image_that_is_not_what_the_record_says_is_refused() -> None:
    grey, colour = ridges(), np.dstack([ridges()] * 3)
    cases: list[tuple[NDArray[Any], Compression, Compression, str]] = [
        (grey, Compression.JPEG2000_LOSSY, Compression.JPEG2000_LOSSLESS, "compression at byte 52: says lossless"),
        (grey, Compression.JPEG2000_LOSSLESS, Compression.PNG, "does not begin as a PNG"),
        (grey, Compression.PNG, Compression.JPEG2000_LOSSY, "neither a JP2 file nor a codestream"),
        (grey, Compression.PNG, Compression.WSQ, "marker FFA0"),
        (colour, Compression.PNG, Compression.PNG, "3 components of 8 bits"),
        (colour, Compression.JPEG, Compression.JPEG, "3 components of 8 bits"),
        (colour, Compression.JPEG2000_LOSSLESS, Compression.JPEG2000_LOSSLESS, "3 components of 8 bits"),
        (grey.astype(np.uint16) * 257, Compression.PNG, Compression.PNG, "1 components of 16 bits"),
        (grey.astype(np.uint16), Compression.JPEG2000_LOSSLESS, Compression.JPEG2000_LOSSLESS, "components of 1"),
    ]
    for pixels, coded_as, called, words in cases:
        with pytest.raises(RecordError, match=words):
            fir.decode(coded_record(pixels, coded_as, called))
        turned = bytearray(coded_record(grey, coded_as, coded_as))
        turned[54:58] = turned[56:58] + turned[54:56]
        with pytest.raises(RecordError, match="is 90x120 pixels, but the record says 120x90"):
            fir.decode(bytes(turned))


def test_lossy_called_lossless_is_read_as_lossy_when_asked() -> None:
    data = coded_record(ridges(), Compression.JPEG2000_LOSSY, Compression.JPEG2000_LOSSLESS)
    record, deviations = fir.decode_leniently(data + bytes(9))
    assert record.representations[0].compression is Compression.JPEG2000_LOSSY
    assert [error.field for error in deviations] == ["record length", "compression", "end of record"]


def calls_to_read(data: bytes) -> int:
    with counted_calls() as calls:
        fir.decode_leniently(data)
    return calls[0]


def many(edition: Edition, count: int) -> bytes:
    """A record of one representation again and again."""
    if edition is Edition.ISO_2005:
        return with_length(RAW_2005[:32] + RAW_2005[32:] * count)
    return RAW_2011[:12] + count.to_bytes(2, "big") + RAW_2011[14:16] + RAW_2011[16:] * count


@pytest.mark.parametrize("edition", Edition)
def test_the_work_of_many_representations_grows_as_their_number(edition: Edition) -> None:
    assert len(fir.decode_leniently(many(edition, 400))[0].representations) == 400
    assert calls_to_read(many(edition, 400)) < 2.2 * calls_to_read(many(edition, 200))


def test_an_ansi_381_record_is_named_and_refused() -> None:
    ansi = with_length(RAW_2005[:14] + bytes.fromhex("00420011") + RAW_2005[14:])
    with pytest.raises(UnsupportedRecordError, match="ANSI/INCITS 381-2004"):
        fir.decode(ansi)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/records beside the checkout")
class TestRecordsOfOthers:
    CODINGS: ClassVar[dict[str, Compression]] = {
        "raw": Compression.RAW,
        "WSQ": Compression.WSQ,
        "JP2 lossy": Compression.JPEG2000_LOSSY,
        "JP2 lossless": Compression.JPEG2000_LOSSLESS,
    }

    def test_every_record_reads_as_the_table_says(self) -> None:
        seen = 0
        for line in (SHARED / "facts.tsv").read_text(encoding="utf-8").splitlines():
            name, size, _, facts = line.split("\t")
            if not name.startswith("fir/"):
                continue
            data = (SHARED / name).read_bytes()
            record = fir.decode(data)
            (image,) = record.representations
            assert len(data) == int(size)
            assert f":{record.edition.value}" in facts
            patterns = {
                r"pos (\d+)": image.position,
                r"impr (\d+)": image.impression,
                r"impr \d+ (\d+)x": image.width,
                r"impr \d+ \d+x(\d+)": image.height,
                r"scan (\d+)/": image.scan_ppi[0],
                r"img \d+/(\d+)": image.image_ppi[1],
                r" q \[?\(?(\d+)": image.quality,
            }
            for pattern, value in patterns.items():
                found = re.search(pattern, facts)
                assert found, (name, pattern)
                assert int(found[1]) == value, (name, pattern)
            coding = re.search(r"comp (JP2 \w+|\w+)", facts)
            assert coding
            assert self.CODINGS[coding[1]] is image.compression
            if record.edition is Edition.ISO_2011:
                assert f"ext {len(image.extended)}" in facts
                assert image.captured_at is not None
                assert f"date {image.captured_at.year:04x}{image.captured_at.month:02x}" in facts
                assert fir.encode(record) == data
            seen += 1
        assert seen >= 13

    def test_every_image_decodes_as_opencv_decodes_it(self) -> None:
        for path in sorted((SHARED / "fir").glob("*.fir")):
            (image,) = fir.decode(path.read_bytes()).representations
            if image.compression is Compression.WSQ:
                with pytest.raises(UnsupportedRecordError, match="WSQ"):
                    fir.decode_pixels(image)
                continue
            pixels = fir.decode_pixels(image)
            assert pixels.shape == (image.height, image.width)
            if image.compression is not Compression.RAW:
                other = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_UNCHANGED)
                tolerance = 0 if image.compression is Compression.JPEG2000_LOSSLESS else 1
                assert other is not None
                assert np.abs(other.astype(int) - pixels).max() <= tolerance
