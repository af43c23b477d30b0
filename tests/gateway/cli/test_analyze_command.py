import json
import struct
import zlib
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers import open_device
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.image_file import decode_image
from gateway.cli.image_header import ImageHeaderError, read_image_header
from gateway.finger import FingerPosition
from gateway.records import fir, fmr
from tests.gateway.cli.conftest import Rekam


def print_of(finger: int, impression: int) -> NDArray[np.uint8]:
    options = {"finger": finger, "impression": impression, "finger_delay_s": 0.0, "settle_s": 0.0}
    with open_device("synthetic:T", options) as scanner:
        return scanner.capture(10.0, Event()).pixels


@pytest.fixture(scope="module")
def prints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two impressions of one finger and one of another."""
    folder = tmp_path_factory.mktemp("prints")
    for name, finger, impression in (("a1", 17, 1), ("a2", 17, 2), ("b1", 42, 1)):
        cv2.imwrite(str(folder / f"{name}.png"), print_of(finger, impression))
    return folder


def encoded(ending: str, pixels: NDArray[np.generic]) -> bytes:
    done, data = cv2.imencode(ending, pixels)
    assert done
    return data.tobytes()


def huge_png() -> bytes:
    """A header of 10,000x10,000 pixels with next to nothing behind it."""
    data = bytearray(encoded(".png", np.zeros((8, 8), np.uint8)))
    data[16:24] = struct.pack(">II", 10_000, 10_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


GREY = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
BAD: dict[str, tuple[bytes, str]] = {
    "empty.png": (b"", "is empty"),
    "text.png": (b"not an image at all", "it is no PNG"),
    "deep.png": (encoded(".png", GREY.astype(np.uint16) * 257), "16 bits per pixel"),
    "deep.pgm": (b"P5 4 2 65535\n" + bytes(16), "16 bits per pixel"),
    "deep.tif": (encoded(".tif", GREY.astype(np.uint16) * 257), "16 bits per pixel"),
    "colour.png": (encoded(".png", np.dstack([GREY, GREY, 255 - GREY])), "colour image"),
    "colour.jpg": (encoded(".jpg", np.dstack([GREY, GREY, 255 - GREY])), "colour image"),
    "colour.bmp": (encoded(".bmp", np.dstack([GREY, GREY, 255 - GREY])), "colour image"),
    "cut.png": (encoded(".png", GREY)[:-20], "cut off"),
    "cut.jpg": (encoded(".jpg", GREY)[:-20], "cut off"),
    "cut.bmp": (encoded(".bmp", GREY)[:-20], "cut off"),
    "cut.pgm": (encoded(".pgm", GREY)[:-20], "cut off"),
    "head.png": (encoded(".png", GREY)[:20], "cut off or damaged"),
    "huge.png": (huge_png(), "10000x10000 pixels"),
    "huge.pgm": (b"P5 10000 10000 255\n" + bytes(100), "10000x10000 pixels"),
    "damaged.png": (encoded(".png", GREY)[:50] + b"\xff" + encoded(".png", GREY)[51:], "damaged"),
}


@pytest.mark.parametrize("ending", [".png", ".pgm", ".bmp", ".tif", ".jpg"])
def test_every_format_is_read(ending: str) -> None:
    pixels = decode_image(encoded(ending, GREY), Path(f"grey{ending}"))
    assert pixels.shape == GREY.shape
    assert np.abs(pixels.astype(int) - GREY).max() <= (8 if ending == ".jpg" else 0)


@pytest.mark.parametrize("name", [name for name, (content, _) in BAD.items() if content])
def test_bad_image_is_refused_with_its_cause(name: str) -> None:
    data, cause = BAD[name]
    with pytest.raises(CommandFailure, match=cause) as failure:
        decode_image(data, Path(name))
    assert failure.value.status is ExitStatus.USAGE


@given(st.sampled_from([".png", ".pgm", ".bmp", ".tif", ".jpg"]), st.data())
def test_headers_of_mangled_files_fail_in_one_way(ending: str, data: st.DataObject) -> None:
    content = bytearray(encoded(ending, GREY[:4, :4]))
    for at in data.draw(st.lists(st.integers(0, min(120, len(content) - 1)), max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        header = read_image_header(bytes(content))
    except ImageHeaderError:
        return
    assert header.width > 0
    assert header.height > 0


def test_records_quality_and_picture_of_every_good_file(prints: Path, rekam: Rekam, tmp_path: Path) -> None:
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    bad = [tmp_path / name for name in BAD]
    out = tmp_path / "out"
    asked = ("--modality", "finger", "--ppi", 500, "--position", "left-ring", "--out", out, "--json")
    result = rekam("analyze", prints / "a1.png", *bad, tmp_path / "nowhere.png", prints / "b1.png", *asked)
    assert result.exit_code == ExitStatus.USAGE
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(documents) == len(BAD) + 3
    assert [each["file"] for each in documents if "error" not in each] == [
        str(prints / "a1.png"),
        str(prints / "b1.png"),
    ]
    assert len(result.stderr.splitlines()) == len(BAD) + 1
    for name in BAD:
        assert name in result.stderr
    template = fmr.decode((out / "a1.fmr").read_bytes()).views[0]
    image = fir.decode((out / "a1.fir").read_bytes()).representations[0]
    assert template.position == image.position == FingerPosition.LEFT_RING
    assert len(template.template) == documents[0]["minutia_count"] > 20
    assert np.array_equal(fir.decode_pixels(image), cv2.imread(str(prints / "a1.png"), cv2.IMREAD_GRAYSCALE))
    sheet = cv2.imread(str(out / "a1.annotated.png"))
    assert sheet.shape[0] > 2 * 748, "two panels by two"
    assert sheet.shape[1] > 2 * 776
    assert sorted(each.name for each in out.iterdir()) == [
        f"{name}.{kind}" for name in ("a1", "b1") for kind in ("annotated.png", "fir", "fmr")
    ]


def test_blank_and_tiny_images_are_answers(rekam: Rekam, tmp_path: Path) -> None:
    for name, shape in (("blank", (300, 300)), ("dot", (1, 1))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full(shape, 255, np.uint8))
    result = rekam("analyze", tmp_path / "blank.png", tmp_path / "dot.png", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert "There is no finger on the scanner." in result.stdout
    assert len(fmr.decode((tmp_path / "out" / "dot.fmr").read_bytes()).views[0].template) == 0


def test_files_of_an_earlier_analysis_are_kept_unless_forced(prints: Path, rekam: Rekam, tmp_path: Path) -> None:
    asked = ("analyze", prints / "a1.png", "--no-annotate", "--out", tmp_path)
    assert rekam(*asked).exit_code == 0
    assert not (tmp_path / "a1.annotated.png").exists()
    result = rekam(*asked)
    assert result.exit_code == ExitStatus.USAGE
    assert "--force" in result.stderr
    assert rekam(*asked, "--force").exit_code == 0


def test_compare_images_and_records(prints: Path, rekam: Rekam, tmp_path: Path) -> None:
    assert rekam("analyze", *sorted(prints.iterdir()), "--out", tmp_path).exit_code == 0
    for ending in ("png", "fmr", "fir"):
        folder = prints if ending == "png" else tmp_path
        same = rekam("compare", folder / f"a1.{ending}", tmp_path / "a2.fmr", "--json")
        assert same.exit_code == 0
        document = json.loads(same.stdout)
        assert document["match"] is True
        assert document["score"] >= document["threshold"] > 0
        assert document["fmr"] == 0.001
        other = rekam("compare", folder / f"a1.{ending}", tmp_path / "b1.fmr")
        assert other.exit_code == ExitStatus.OUTCOME
        assert other.stdout.startswith("No match: score ")


def test_compare_draws_what_matched(prints: Path, rekam: Rekam, tmp_path: Path) -> None:
    drawn = tmp_path / "pairs.png"
    document = json.loads(rekam("compare", prints / "a1.png", prints / "a2.png", "--annotate", drawn, "--json").stdout)
    assert 8 < document["matched"] <= min(document["minutia_counts"])
    assert document["fmr_of_score"] <= 0.001
    picture = cv2.imread(str(drawn))
    assert picture.shape[1] > 2 * 388
    coloured = np.ptp(picture.astype(np.int16), axis=2) > 40
    assert coloured.sum() > 20 * document["matched"]
    refused = rekam("compare", prints / "a1.png", prints / "a2.png", "--annotate", tmp_path / "no" / "x.png")
    assert refused.exit_code == ExitStatus.USAGE


def test_compare_takes_capture_folders(captures: Path, rekam: Rekam) -> None:
    assert rekam("compare", captures / "one", captures / "one" / "image.fir").exit_code == 0


def test_compare_refuses_what_it_cannot_read(prints: Path, rekam: Rekam, tmp_path: Path) -> None:
    (tmp_path / "lying.fmr").write_bytes(b"FMR\0 20\0\xff\xff\xff\xff" + bytes(40))
    (tmp_path / "deep.png").write_bytes(BAD["deep.png"][0])
    for name in ("lying.fmr", "deep.png", "nowhere.png"):
        result = rekam("compare", prints / "a1.png", tmp_path / name)
        assert result.exit_code == ExitStatus.USAGE
        assert name in result.stderr
    assert rekam("compare", prints / "a1.png", prints / "a2.png", "--fmr", "1e-9").exit_code == ExitStatus.USAGE
