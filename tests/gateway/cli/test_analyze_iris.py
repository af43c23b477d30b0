"""`rekam analyze --modality iris`: images, records and folders of captures, good and bad."""

import json
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye, drawn_eyes
from gateway.cli.analyze_iris import record_view
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.image_file import decode_eye_image
from gateway.iris import analyze, compare, decode_code
from gateway.iris.iso_metrics import ISO_METRICS
from gateway.records import iir
from gateway.records.image_data import MAX_PIXELS
from gateway.records.iris_view import uncropped
from tests.gateway.cli.conftest import Rekam

Grey = NDArray[np.uint8]
IRIS = ("--modality", "iris")


@lru_cache(maxsize=8)
def eye(seed: int, impression: int = 1) -> Grey:
    return drawn_eye(seed, impression).pixels


def encoded(ending: str, pixels: NDArray[np.generic]) -> bytes:
    done, data = cv2.imencode(ending, pixels)
    assert done
    return data.tobytes()


def written(path: Path, pixels: NDArray[np.generic]) -> Path:
    path.write_bytes(encoded(path.suffix, pixels))
    return path


def record(*eyes: tuple[Grey, iir.EyeLabel]) -> bytes:
    images = []
    for pixels, label in eyes:
        geometry = analyze(pixels).geometry
        assert geometry is not None
        view = uncropped(pixels, geometry.limbus.centre, geometry.limbus.radius)
        images.append(iir.code_view(view, label, 50, None))
    return iir.encode_images(images)


GREY = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
DEEP = GREY.astype(np.uint16) * 1000


@pytest.mark.parametrize("ending", [".png", ".tif", ".pgm"])
def test_16_bit_grey_is_read_as_it_is(ending: str) -> None:
    pixels = decode_eye_image(encoded(ending, DEEP), Path(f"deep{ending}"))
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, DEEP)


@pytest.mark.parametrize("ending", [".png", ".bmp", ".jpg", ".tif"])
def test_grey_in_three_channels_is_grey(ending: str) -> None:
    pixels = decode_eye_image(encoded(ending, np.dstack([GREY] * 3)), Path(f"three{ending}"))
    assert pixels.shape == GREY.shape
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - GREY).max() <= (8 if ending == ".jpg" else 0)


def huge_png() -> bytes:
    """A header of 16,000x16,000 pixels with next to nothing behind it."""
    data = bytearray(encoded(".png", np.zeros((8, 8), np.uint8)))
    data[16:24] = struct.pack(">II", 16_000, 16_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


TRANSPARENT = np.dstack([GREY, GREY, GREY, 255 - GREY])
BAD: dict[str, tuple[bytes, str]] = {
    "text.png": (b"not an image at all", "it is no PNG"),
    "colour.png": (encoded(".png", np.dstack([GREY, GREY, 255 - GREY])), "colour image"),
    "transparent.png": (encoded(".png", TRANSPARENT), "colour image"),
    "float.tif": (encoded(".tif", GREY.astype(np.float32)), "32 bits per pixel"),
    "cut.png": (encoded(".png", DEEP)[:-20], "cut off"),
    "cut.pgm": (encoded(".pgm", DEEP)[:-20], "cut off"),
    "huge.png": (huge_png(), "16000x16000 pixels"),
    "damaged.png": (encoded(".png", DEEP)[:50] + b"\xff" + encoded(".png", DEEP)[51:], "damaged"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_image_is_refused_with_its_cause(name: str) -> None:
    data, cause = BAD[name]
    with pytest.raises(CommandFailure, match=cause) as failure:
        decode_eye_image(data, Path(name))
    assert failure.value.status is ExitStatus.USAGE


def test_records_code_picture_and_measures_of_an_eye(rekam: Rekam, tmp_path: Path) -> None:
    source, out = written(tmp_path / "one.png", eye(41)), tmp_path / "out"
    result = rekam("analyze", source, *IRIS, "--eye", "left", "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["outcome"], document["eye"], document["scale"]) == ("found", "left", 1.0)
    truth = drawn_eye(41, 1).truth
    for name, outline in (("pupil", truth.pupil), ("iris", truth.iris)):
        found = document["geometry"][name]
        assert found["x"] == pytest.approx(outline.x, abs=2.5)
        assert found["y"] == pytest.approx(outline.y, abs=2.5)
        assert outline.semi_minor - 3 < found["radius"] < outline.semi_major + 3
    ratio = document["geometry"]["pupil"]["radius"] / document["geometry"]["iris"]["radius"]
    assert document["geometry"]["pupil_to_iris_ratio"] == pytest.approx(ratio, abs=1e-3)
    quality = document["quality"]
    assert 0 < quality["score"] <= 100
    assert quality["algorithm"] == "rekam-iris"
    assert [each["name"] for each in quality["iso_29794_6"].values()] == [metric.title for metric in ISO_METRICS]
    assert quality["iso_29794_6"]["pupil_to_iris_ratio"]["value"] == pytest.approx(100 * ratio, abs=0.1)
    assert quality["iso_29794_6"]["pupil_to_iris_ratio"]["unit"] == "percent"
    assert quality["iso_29794_6"]["pupil_to_iris_ratio"]["recommended_to"] == 70
    image = iir.decode((out / "one.iir").read_bytes()).representations[0]
    assert image.eye is iir.EyeLabel.LEFT
    assert image.quality == quality["score"]
    assert image.history is iir.CompressionHistory.UNDEFINED, "who knows what was before the PNG"
    assert np.array_equal(iir.decode_pixels(image), eye(41))
    assert image.extent.centre_x[0] == pytest.approx(document["geometry"]["iris"]["x"], abs=1)
    code = decode_code((out / "one.ric").read_bytes())
    expected = analyze(eye(41)).template
    assert expected is not None
    assert compare(code, expected) == 0
    assert code.counted == document["counted_bits"]
    assert cv2.imread(str(out / "one.annotated.png")).shape[1] == 1048
    assert document["written"] == {kind: str(out / f"one.{kind}") for kind in ("iir", "ric", "annotated.png")}


@pytest.mark.parametrize("ending", [".png", ".tif", ".pgm"])
def test_an_eye_of_16_bits_has_the_code_of_its_8_bits(rekam: Rekam, tmp_path: Path, ending: str) -> None:
    deep = written(tmp_path / f"deep{ending}", eye(41).astype(np.uint16) * 257)
    assert rekam("analyze", deep, *IRIS, "--no-annotate", "--out", tmp_path).exit_code == 0
    expected = analyze(eye(41)).template
    assert expected is not None
    assert compare(decode_code((tmp_path / "deep.ric").read_bytes()), expected) < 0.02
    stored = iir.decode_pixels(iir.decode((tmp_path / "deep.iir").read_bytes()).representations[0])
    assert np.abs(stored.astype(int) - eye(41)).max() <= 1


def test_a_frame_too_large_for_a_record_is_written_as_its_iris(rekam: Rekam, tmp_path: Path) -> None:
    frame = np.full((4500, 5000), 130, np.uint8)
    large = cv2.resize(eye(41), None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR)
    frame[1000 : 1000 + large.shape[0], 1200 : 1200 + large.shape[1]] = large
    source = written(tmp_path / "large.bmp", frame)
    result = rekam("analyze", source, *IRIS, "--out", tmp_path, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["outcome"] == "found"
    iris = document["geometry"]["iris"]
    truth = drawn_eye(41, 1).truth.iris
    assert iris["x"] == pytest.approx(1200 + 4 * truth.x, abs=12)
    image = iir.decode((tmp_path / "large.iir").read_bytes()).representations[0]
    assert image.kind is iir.ImageKind.CROPPED
    assert image.width == pytest.approx(3.2 * iris["radius"], abs=3)
    found = analyze(iir.decode_pixels(image)).template
    assert found is not None
    assert compare(found, decode_code((tmp_path / "large.ric").read_bytes())) < 0.15
    assert max(cv2.imread(str(tmp_path / "large.annotated.png")).shape) < 1600


def test_an_eye_that_is_not_there_is_an_answer(rekam: Rekam, tmp_path: Path) -> None:
    noise = np.clip(np.random.default_rng(1).normal(90, 9, (240, 320)), 0, 255).astype(np.uint8)
    sources = [written(tmp_path / "noise.png", noise), written(tmp_path / "dot.png", noise[:1, :1])]
    result = rekam("analyze", *sources, *IRIS, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["outcome"] for each in documents] == ["no_eye", "too_small"]
    for document in documents:
        assert document["geometry"] is document["quality"] is document["counted_bits"] is None
        assert document["guidance"][0]["remedy"]["id"]
        assert sorted(document["written"]) == ["annotated.png", "iir"]
    image = iir.decode((tmp_path / "out" / "noise.iir").read_bytes()).representations[0]
    assert image.quality is None
    assert image.extent == iir.IrisExtent()
    assert np.array_equal(iir.decode_pixels(image), noise)
    spoken = rekam("analyze", sources[0], *IRIS)
    assert "No iris was found." in spoken.stdout


def test_words_are_indonesian_where_the_terminal_is(
    rekam: Rekam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    result = rekam("analyze", written(tmp_path / "a.png", eye(41)), *IRIS, "--eye", "right")
    assert "(mata kanan): Iris ditemukan." in result.stdout
    assert "Mutu " in result.stdout


def test_a_record_says_what_was_lost_and_known_before(rekam: Rekam, tmp_path: Path) -> None:
    written(tmp_path / "lossy.jpg", eye(41))
    image = iir.decode(record((eye(41), iir.EyeLabel.RIGHT))).representations[0]
    taken_at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    known = replace(image, captured_at=taken_at, range_mm=250, device=iir.IrisDevice(vendor=7, type_id=9))
    (tmp_path / "known.iir").write_bytes(iir.encode_images([known]))
    sources = (tmp_path / "lossy.jpg", tmp_path / "known.iir")
    assert rekam("analyze", *sources, *IRIS, "--no-annotate", "--out", tmp_path / "out").exit_code == 0
    lossy, again = (
        iir.decode((tmp_path / "out" / f"{name}.iir").read_bytes()).representations[0] for name in ("lossy", "known")
    )
    assert lossy.history is iir.CompressionHistory.LOSSY
    assert lossy.captured_at is None
    assert again.history is iir.CompressionHistory.LOSSLESS
    assert (again.captured_at, again.range_mm, again.device) == (taken_at, 250, known.device)


def test_both_eyes_of_a_record_are_analysed(rekam: Rekam, tmp_path: Path) -> None:
    source = tmp_path / "both.iir"
    source.write_bytes(record((eye(41), iir.EyeLabel.RIGHT), (eye(42), iir.EyeLabel.LEFT)))
    out = tmp_path / "out"
    result = rekam("analyze", source, *IRIS, "--no-annotate", "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    assert [json.loads(line)["eye"] for line in result.stdout.splitlines()] == ["right", "left"]
    kinds = ("iir", "ric")
    assert {each.name for each in out.iterdir()} == {
        f"both.{side}.{kind}" for side in ("right", "left") for kind in kinds
    }
    for side, seed in (("right", 41), ("left", 42)):
        image = iir.decode((out / f"both.{side}.iir").read_bytes()).representations[0]
        assert image.eye.name.lower() == side
        assert np.array_equal(iir.decode_pixels(image), eye(seed))
    one = rekam("analyze", source, *IRIS, "--eye", "left", "--out", out / "one", "--no-annotate")
    assert one.exit_code == 0
    assert (out / "one" / "both.iir").read_bytes() == (out / "both.left.iir").read_bytes()
    (tmp_path / "right.iir").write_bytes(record((eye(41), iir.EyeLabel.RIGHT)))
    refused = rekam("analyze", tmp_path / "right.iir", *IRIS, "--eye", "left")
    assert refused.exit_code == ExitStatus.USAGE
    assert "no image of the left eye" in refused.stderr


def test_an_iris_too_large_for_a_record_is_reduced() -> None:
    large = cv2.resize(eye(41), None, fx=14, fy=14, interpolation=cv2.INTER_LINEAR)[:, 200:]
    analysis = analyze(np.asarray(large, np.uint8))
    assert analysis.geometry is not None
    assert analysis.geometry.limbus.radius > 1400
    view = record_view(np.asarray(large, np.uint8), analysis.geometry)
    assert view is not None
    assert view.pixels.size <= MAX_PIXELS
    assert view.pixels.size > 0.8 * MAX_PIXELS
    geometry = analyze(view.pixels).geometry
    assert geometry is not None
    assert geometry.limbus.radius == pytest.approx(view.radius, rel=0.03)
    assert geometry.limbus.centre == pytest.approx(view.centre, abs=0.03 * view.radius)


def test_a_mirrored_image_of_a_record_is_turned_back(rekam: Rekam, tmp_path: Path) -> None:
    mirrored = np.ascontiguousarray(eye(41)[:, ::-1])
    image = iir.decode(record((mirrored, iir.EyeLabel.RIGHT))).representations[0]
    flipped = replace(image, horizontal=iir.Orientation.FLIPPED)
    (tmp_path / "flipped.iir").write_bytes(iir.encode_images([flipped]))
    assert rekam("analyze", tmp_path / "flipped.iir", *IRIS, "--out", tmp_path / "out").exit_code == 0
    expected = analyze(eye(41)).template
    assert expected is not None
    assert compare(decode_code((tmp_path / "out" / "flipped.ric").read_bytes()), expected) < 0.02


def test_both_eyes_of_a_twin_frame_are_found(rekam: Rekam, tmp_path: Path) -> None:
    frame = drawn_eyes(41, 42, 1)
    source = written(tmp_path / "twin.png", frame.pixels)
    result = rekam("analyze", source, *IRIS, "--eye", "both", "--json")
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["eye"] for each in documents] == ["right", "left"]
    for document, truth in zip(documents, frame.truths, strict=True):
        assert document["outcome"] == "found"
        assert document["width"] < 960
        for axis in ("x", "y"):
            found = document["origin"][axis] + document["geometry"]["pupil"][axis]
            assert found == pytest.approx(getattr(truth.pupil, axis), abs=3)


def test_both_eyes_of_a_face_are_found_and_recorded_each_with_its_surroundings(rekam: Rekam, tmp_path: Path) -> None:
    frame = drawn_eyes(41, 42, 1)
    face = np.full((1500, 2400), 170, np.uint8)
    face[400:880, 310:2230] = frame.pixels  # not in the middle: a cut there would do as badly as one through an eye
    source, out = written(tmp_path / "face.png", face), tmp_path / "out"
    result = rekam("analyze", source, *IRIS, "--eye", "both", "--out", out, "--no-annotate", "--json")
    assert result.exit_code == 0, result.stderr
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["eye"] for each in documents] == ["right", "left"]
    for side, document, truth in zip(("right", "left"), documents, frame.truths, strict=True):
        place, iris = document["origin"], document["geometry"]["iris"]
        assert place["x"] + iris["x"] == pytest.approx(310 + truth.iris.x, abs=4)
        assert place["y"] + iris["y"] == pytest.approx(400 + truth.iris.y, abs=4)
        (image,) = iir.decode((out / f"face.{side}.iir").read_bytes()).representations
        assert image.eye.name.lower() == side
        alone = analyze(drawn_eye(41 if side == "right" else 42, 1, side=side).pixels).template
        assert alone is not None
        code = decode_code((out / f"face.{side}.ric").read_bytes())
        assert compare(code, alone) < 0.3
        again = analyze(iir.decode_pixels(image)).template
        assert again is not None
        assert compare(code, again) < 0.1


def test_the_only_eye_of_an_image_said_to_show_both_is_given_with_a_note(rekam: Rekam, tmp_path: Path) -> None:
    frame = drawn_eyes(41, 42, 1).pixels.copy()
    frame[:, 960:] = 180
    result = rekam("analyze", written(tmp_path / "one.png", frame), *IRIS, "--eye", "both", "--json")
    assert json.loads(result.stdout)["eye"] == "right"
    assert "only the right eye was found" in result.stderr
    nobody = rekam(
        "analyze", written(tmp_path / "none.png", np.full((480, 1920), 90, np.uint8)), *IRIS, "--eye", "both"
    )
    assert nobody.exit_code == 0
    assert "none.png" in nobody.stdout


def test_the_folder_of_a_capture_is_read_by_its_record(rekam: Rekam, tmp_path: Path) -> None:
    folder = tmp_path / "taken.monday"
    folder.mkdir()
    (folder / "image.iir").write_bytes(record((eye(41), iir.EyeLabel.RIGHT)))
    result = rekam("analyze", folder, *IRIS, "--out", tmp_path / "out", "--no-annotate", "--json")
    assert json.loads(result.stdout)["eye"] == "right"
    assert (tmp_path / "out" / "taken.monday.ric").is_file()
    empty = rekam("analyze", tmp_path / "out", *IRIS)
    assert empty.exit_code == ExitStatus.USAGE
    assert "image.iir" in empty.stderr


def test_bad_files_are_named_and_the_others_done(rekam: Rekam, tmp_path: Path) -> None:
    good = record((eye(41), iir.EyeLabel.RIGHT))
    bad = {
        "cut.iir": good[:-100],
        "garbled.iir": good[:30] + b"\xff" * 40 + good[70:],
        "draft.iir": good[:4] + b"015\0" + good[8:],
        "code.ric": b"RIC\0" + bytes(100),
        "finger.fmr": b"FMR\0 20\0" + bytes(40),
        "empty.png": b"",
        "colour.png": BAD["colour.png"][0],
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    good_path = written(tmp_path / "good.png", eye(41))
    result = rekam("analyze", *(tmp_path / name for name in bad), tmp_path / "nowhere.png", good_path, *IRIS, "--json")
    assert result.exit_code == ExitStatus.USAGE
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each.get("outcome") for each in documents] == [None] * (len(bad) + 1) + ["found"]
    for name in (*bad, "nowhere.png"):
        assert name in result.stderr
    said = {Path(each["file"]).name: each["error"]["message"] for each in documents[:-1]}
    assert "no good record" in said["cut.iir"]
    assert "IREX" in said["draft.iir"]
    assert "--modality finger" in said["finger.fmr"]
    assert "compare" in said["code.ric"]


def test_a_record_that_deviates_is_read_and_spoken_of(rekam: Rekam, tmp_path: Path) -> None:
    data = bytearray(record((eye(41), iir.EyeLabel.RIGHT)))
    data[15] = 2  # eyes, where there is one
    (tmp_path / "two.iir").write_bytes(data)
    result = rekam("analyze", tmp_path / "two.iir", *IRIS)
    assert result.exit_code == 0
    assert "number of eyes" in result.stderr


def test_what_was_given_is_never_replaced(rekam: Rekam, tmp_path: Path) -> None:
    source = tmp_path / "one.iir"
    source.write_bytes(record((eye(41), iir.EyeLabel.RIGHT)))
    before = source.read_bytes()
    result = rekam("analyze", source, *IRIS, "--out", tmp_path, "--force")
    assert result.exit_code == ExitStatus.USAGE
    assert source.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.iir"]
    folder = tmp_path / "image"
    folder.mkdir()
    source.rename(folder / "image.iir")
    assert rekam("analyze", folder, *IRIS, "--out", folder, "--force").exit_code == ExitStatus.USAGE
    assert (folder / "image.iir").read_bytes() == before


@pytest.mark.parametrize(
    "options", [(*IRIS, "--position", "left-ring"), (*IRIS, "--ppi", "500"), ("--eye", "left")], ids=str
)
def test_options_of_the_other_modality_are_refused(rekam: Rekam, tmp_path: Path, options: tuple[str, ...]) -> None:
    result = rekam("analyze", written(tmp_path / "a.png", GREY), *options)
    assert result.exit_code == ExitStatus.USAGE
    assert options[-2] in result.stderr


def test_an_iris_record_given_as_a_finger_says_so(rekam: Rekam, tmp_path: Path) -> None:
    (tmp_path / "a.iir").write_bytes(record((eye(41), iir.EyeLabel.RIGHT)))
    for command in (("analyze", tmp_path / "a.iir"), ("compare", tmp_path / "a.iir", tmp_path / "a.iir")):
        result = rekam(*command)
        assert result.exit_code == ExitStatus.USAGE
        assert "--modality iris" in result.stderr
