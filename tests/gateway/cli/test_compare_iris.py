"""`rekam compare --modality iris`: images, records, codes and folders of captures."""

import json
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.drawn_eye import drawn_eye, drawn_eyes
from gateway.cli.exits import ExitStatus
from gateway.iris import IrisCode, analyze, compare, distance_at_fmr, encode_code
from gateway.iris.annotated import annotated_frame
from gateway.records import iir
from gateway.records.iris_view import cropped
from tests.gateway.cli.conftest import Rekam

Grey = NDArray[np.uint8]
IRIS = ("--modality", "iris")
RIGHT, LEFT, UNKNOWN = iir.EyeLabel.RIGHT, iir.EyeLabel.LEFT, iir.EyeLabel.UNDEFINED


@lru_cache(maxsize=16)
def eye(seed: int, impression: int = 1) -> Grey:
    return drawn_eye(seed, impression).pixels


@lru_cache(maxsize=16)
def code(seed: int, impression: int = 1) -> IrisCode:
    template = analyze(eye(seed, impression)).template
    assert template is not None
    return template


def record(*eyes: tuple[Grey, iir.EyeLabel]) -> bytes:
    images = []
    for pixels, label in eyes:
        geometry = analyze(pixels).geometry
        assert geometry is not None
        view = cropped(pixels, geometry.limbus.centre, geometry.limbus.radius, extend=True)
        images.append(iir.code_view(view, label, 50, None))
    return iir.encode_images(images)


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two impressions of one eye and one of another, each as image, record and code."""
    folder = tmp_path_factory.mktemp("eyes")
    for name, seed, impression in (("a1", 51, 1), ("a2", 51, 2), ("b1", 52, 1)):
        cv2.imwrite(str(folder / f"{name}.png"), eye(seed, impression))
        (folder / f"{name}.iir").write_bytes(record((eye(seed, impression), UNKNOWN)))
        (folder / f"{name}.ric").write_bytes(encode_code(code(seed, impression)))
    return folder


@pytest.mark.parametrize("ending", ["png", "iir", "ric"])
def test_one_eye_matches_and_another_does_not(eyes: Path, rekam: Rekam, ending: str) -> None:
    same = rekam("compare", eyes / f"a1.{ending}", eyes / "a2.ric", *IRIS, "--json")
    assert same.exit_code == 0, same.stderr
    document = json.loads(same.stdout)
    assert document["match"] is True
    assert document["distance"] < document["threshold"] == distance_at_fmr(0.001)
    other = rekam("compare", eyes / f"a1.{ending}", eyes / "b1.png", *IRIS)
    assert other.exit_code == ExitStatus.OUTCOME
    assert other.stdout.startswith("No match: distance 0.4")


def test_a_document_has_what_the_decision_rests_on(eyes: Path, rekam: Rekam) -> None:
    document = json.loads(rekam("compare", eyes / "a1.ric", eyes / "a2.png", *IRIS, "--json").stdout)
    assert document["distance"] == compare(code(51, 1), code(51, 2))
    (only,) = document["eyes"]
    assert only["eye"] is None
    assert only["counted_bits"] == [code(51, 1).counted, code(51, 2).counted]
    assert 0 <= only["differing_bits"] < only["common_bits"] <= min(only["counted_bits"])
    assert only["shift_degrees"] == only["shift_columns"] * 360 / 256
    assert abs(only["shift_degrees"]) <= 22.5


def test_the_rate_sets_the_threshold(eyes: Path, rekam: Rekam) -> None:
    for rate in ("0.0001", "0.1"):
        document = json.loads(rekam("compare", eyes / "a1.ric", eyes / "a2.ric", *IRIS, "--fmr", rate, "--json").stdout)
        assert document["threshold"] == distance_at_fmr(float(rate))
    for rate in ("0.00001", "0.2", "nan"):
        refused = rekam("compare", eyes / "a1.ric", eyes / "a2.ric", *IRIS, "--fmr", rate)
        assert refused.exit_code == ExitStatus.USAGE
        assert "0.0001 to 0.1" in refused.stderr


def test_a_turned_head_is_told_in_degrees(rekam: Rekam, tmp_path: Path) -> None:
    middle = (319.5, 239.5)
    # OpenCV turns against the clock for positive angles.
    matrix = cv2.getRotationMatrix2D(middle, -14.0, 1.0)
    turned = cv2.warpAffine(eye(51), matrix, (640, 480), borderMode=cv2.BORDER_REFLECT)
    for name, pixels in (("straight", eye(51)), ("turned", turned)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
    asked = ("compare", tmp_path / "straight.png", tmp_path / "turned.png", *IRIS, "--json")
    (only,) = json.loads(rekam(*asked).stdout)["eyes"]
    assert only["match"] is True
    assert only["shift_degrees"] == pytest.approx(14, abs=2.9)


def test_eyes_that_correspond_are_compared(rekam: Rekam, tmp_path: Path) -> None:
    one, two = tmp_path / "one.iir", tmp_path / "two.iir"
    one.write_bytes(record((eye(51), RIGHT), (eye(52), LEFT)))
    two.write_bytes(record((eye(52, 2), LEFT), (eye(51, 2), RIGHT)))
    result = rekam("compare", one, two, *IRIS, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert [(each["eye"], each["match"]) for each in document["eyes"]] == [("right", True), ("left", True)]
    assert document["distance"] == max(each["distance"] for each in document["eyes"])
    swapped = tmp_path / "swapped.iir"
    swapped.write_bytes(record((eye(51, 2), RIGHT), (eye(53), LEFT)))
    half = rekam("compare", one, swapped, *IRIS, "--json")
    assert half.exit_code == ExitStatus.OUTCOME
    assert [each["match"] for each in json.loads(half.stdout)["eyes"]] == [True, False]
    assert rekam("compare", one, swapped, *IRIS, "--eye", "right").exit_code == 0
    drawn = tmp_path / "both.png"
    assert rekam("compare", one, two, *IRIS, "--annotate", drawn).stdout.startswith("Right eye: Match: ")
    alone = tmp_path / "alone.png"
    assert rekam("compare", one, two, *IRIS, "--eye", "left", "--annotate", alone).exit_code == 0
    assert cv2.imread(str(drawn)).shape[0] == pytest.approx(2 * cv2.imread(str(alone)).shape[0], abs=60)


def test_eyes_that_do_not_correspond_are_refused(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    for name, labelled in (("right", [RIGHT]), ("left", [LEFT]), ("both", [RIGHT, LEFT])):
        (tmp_path / f"{name}.iir").write_bytes(record(*((eye(51), label) for label in labelled)))
    refused = rekam("compare", tmp_path / "right.iir", tmp_path / "left.iir", *IRIS)
    assert refused.exit_code == ExitStatus.USAGE
    assert "the right eye" in refused.stderr
    unclear = rekam("compare", tmp_path / "both.iir", eyes / "a2.png", *IRIS)
    assert unclear.exit_code == ExitStatus.USAGE
    assert "--eye" in unclear.stderr
    assert rekam("compare", tmp_path / "both.iir", eyes / "a2.png", *IRIS, "--eye", "left").exit_code == 0
    assert rekam("compare", tmp_path / "right.iir", eyes / "a2.png", *IRIS).exit_code == 0


def test_images_of_both_eyes_are_compared_eye_by_eye(rekam: Rekam, tmp_path: Path) -> None:
    for impression in (1, 2):
        cv2.imwrite(str(tmp_path / f"{impression}.png"), drawn_eyes(51, 52, impression).pixels)
    result = rekam("compare", tmp_path / "1.png", tmp_path / "2.png", *IRIS, "--eye", "both", "--json")
    assert result.exit_code == 0, result.stderr
    assert [each["eye"] for each in json.loads(result.stdout)["eyes"]] == ["right", "left"]


def test_of_several_images_of_one_eye_the_best_is_taken(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    blurred = cv2.GaussianBlur(eye(51), (0, 0), 2.5)
    both = tmp_path / "several.iir"
    both.write_bytes(record((np.asarray(blurred, np.uint8), RIGHT), (eye(51), RIGHT)))
    document = json.loads(rekam("compare", both, eyes / "a2.ric", *IRIS, "--json").stdout)
    alone = json.loads(rekam("compare", eyes / "a1.iir", eyes / "a2.ric", *IRIS, "--json").stdout)
    assert document["distance"] == alone["distance"]


def test_folders_of_captures_are_compared_by_their_codes(rekam: Rekam, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (one / "image.iir").write_bytes(record((eye(51), RIGHT), (eye(52), LEFT)))
    # The codes are those of other eyes than the image, which shows which of the two was compared.
    (one / "iris-right.ric").write_bytes(encode_code(code(53)))
    (one / "iris-left.ric").write_bytes(encode_code(code(52)))
    (two / "image.iir").write_bytes(record((eye(53, 2), RIGHT)))
    (two / "iris.ric").write_bytes(encode_code(code(53, 2)))
    drawn = tmp_path / "drawn.png"
    for annotate in ((), ("--annotate", drawn)):
        document = json.loads(rekam("compare", one, two, *IRIS, "--json", *annotate).stdout)
        assert [each["eye"] for each in document["eyes"]] == ["right"]
        assert document["distance"] == compare(code(53), code(53, 2))
    assert cv2.imread(str(drawn)).shape[1] == 1048
    (one / "iris-right.ric").unlink()
    without = json.loads(rekam("compare", one, two, *IRIS, "--json").stdout)
    assert without["match"] is False, "the image stands in for a code that is not there"
    (two / "image.iir").unlink()
    assert rekam("compare", two, two / "iris.ric", *IRIS).exit_code == 0
    (two / "iris.ric").unlink()
    assert rekam("compare", one, two, *IRIS).exit_code == ExitStatus.USAGE


def test_an_iris_that_is_not_found_is_an_outcome(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    noise = np.clip(np.random.default_rng(1).normal(90, 9, (240, 320)), 0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    for pair in ((eyes / "a1.png", tmp_path / "noise.png"), (tmp_path / "noise.png", eyes / "a1.ric")):
        result = rekam("compare", *pair, *IRIS, "--json")
        assert result.exit_code == ExitStatus.OUTCOME
        error = json.loads(result.stdout)["error"]
        assert error["reason"] == "IRIS_NOT_FOUND"
        assert "noise.png: No iris was found." in error["message"]
        assert error["message_id"] != error["message"]


def test_codes_with_too_little_in_common_are_not_decided(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    full = code(51)
    mask = full.mask.copy()
    mask[:, 1:] = 0
    (tmp_path / "few.ric").write_bytes(encode_code(IrisCode(full.bits & mask, mask)))
    result = rekam("compare", tmp_path / "few.ric", tmp_path / "few.ric", *IRIS)
    assert result.exit_code == ExitStatus.OUTCOME
    assert "Too few bits" in result.stdout


def test_what_cannot_be_read_is_refused_with_its_name(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    good = (eyes / "a1.ric").read_bytes()
    bad = {
        "damaged.ric": good[:-1] + bytes([good[-1] ^ 1]),
        "cut.ric": good[:100],
        "later.ric": good[:5] + bytes([good[5] + 1]) + good[6:],
        "cut.iir": (eyes / "a1.iir").read_bytes()[:-50],
        "finger.fir": b"FIR\0020\0" + bytes(60),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        result = rekam("compare", eyes / "a1.png", tmp_path / name, *IRIS)
        assert result.exit_code == ExitStatus.USAGE, name
        assert name in result.stderr
    refused = rekam("compare", eyes / "a1.ric", eyes / "a2.ric", *IRIS, "--annotate", tmp_path / "no" / "x.png")
    assert refused.exit_code == ExitStatus.USAGE
    assert rekam("compare", eyes / "a1.png", eyes / "a2.png", "--eye", "left").exit_code == ExitStatus.USAGE
    assert rekam("compare", eyes / "a1.png", eyes / "a2.png", *IRIS, "--ppi", 500).exit_code == ExitStatus.USAGE


def test_a_drawn_frame_is_no_longer_grey_and_is_refused(eyes: Path, rekam: Rekam, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "preview.png"), annotated_frame(eye(51), analyze(eye(51))))
    result = rekam("compare", eyes / "a1.png", tmp_path / "preview.png", *IRIS)
    assert result.exit_code == ExitStatus.USAGE
    assert "colour" in result.stderr
