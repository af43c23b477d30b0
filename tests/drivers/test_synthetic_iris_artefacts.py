"""What the synthetic camera can be shown in place of an eye: prints, a print with a hole, a patterned lens; a flash."""

import math
from functools import cache
from itertools import islice, pairwise
from threading import Event
from time import monotonic
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.iris.synthesis.artefact import ARTEFACTS
from drivers.iris.synthesis.drawn_eye import DrawnEye, drawn_eye, drawn_eyes
from drivers.iris.synthesis.sequence import TimedFrame, drawn_sequence
from drivers.iris.synthetic import SyntheticIrisCamera

PRINTS = ("printed_eye", "printed_eye_with_hole")


@cache
def shown(eye: int, artefact: str | None) -> DrawnEye:
    return drawn_eye(eye, 1, artefact=artefact)


@cache
def small(eye: int, artefact: str | None) -> DrawnEye:
    return drawn_eye(eye, 1, artefact=artefact, width=320, height=240)


@cache
def sequence(eye: int, artefact: str | None) -> list[TimedFrame]:
    """2.4 s at a low rate with a flash after 0.4 s, small."""
    return list(
        drawn_sequence(
            eye, 1, artefact=artefact, seconds=2.4, frame_rate=5, light_step=(0.4, 2000.0), width=320, height=240
        )
    )


def within(drawn: DrawnEye, low: float, high: float) -> NDArray[np.bool_]:
    """Pixels between two shares of the iris radius."""
    y, x = np.mgrid[: drawn.pixels.shape[0], : drawn.pixels.shape[1]]
    away = np.hypot(x - drawn.truth.iris.x, y - drawn.truth.iris.y) / drawn.truth.iris.semi_major
    return np.asarray((away > low) & (away < high))


def peak_over_median(patch: NDArray[np.uint8]) -> float:
    """Of the power of frequencies of 3 to 7 pixels."""
    side = patch.shape[0]
    window = np.hanning(side)[:, None] * np.hanning(side)[None, :]
    power = np.abs(np.fft.fft2((patch - patch.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :])
    band = power[(frequency > 1 / 7) & (frequency < 1 / 3)]
    return float(band.max() / np.median(band))


def dark_pupil_px(frame: TimedFrame) -> int:
    height, width = frame.pixels.shape
    middle = frame.pixels[height // 4 : -height // 4, width // 4 : -width // 4]
    return int(np.count_nonzero(middle < 36))


class TestPixels:
    @pytest.mark.parametrize("name", [None, "none"])
    def test_nothing_asked_for_is_a_bare_eye(self, name: str | None) -> None:
        assert np.array_equal(small(4, name).pixels, drawn_eye(4, 1, width=320, height=240).pixels)

    @pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "none"])
    def test_same_arguments_same_pixels_and_other_than_bare(self, name: str) -> None:
        again = drawn_eye(4, 1, artefact=name, width=320, height=240)
        assert np.array_equal(small(4, name).pixels, again.pixels)
        assert not np.array_equal(small(4, None).pixels, again.pixels)

    def test_unknown_names_are_answered_with_the_known(self) -> None:
        with pytest.raises(ValueError) as refused:
            drawn_eye(1, 1, artefact="mask")
        assert all(name in str(refused.value) for name in ARTEFACTS)
        with pytest.raises(ValueError, match="artefact"):
            SyntheticIrisCamera(artefact="mask")

    def test_two_eyes_of_a_face_are_both_printed(self) -> None:
        bare = drawn_eyes(3, 4, 1, width=960, height=240)
        printed = drawn_eyes(3, 4, 1, width=960, height=240, artefact="printed_eye")
        for truth in bare.truths:
            x, y = round(truth.iris.x), round(truth.iris.y)
            box = (slice(y - 40, y + 40), slice(x - 40, x + 40))
            assert np.abs(printed.pixels[box].astype(int) - bare.pixels[box]).mean() > 5

    def test_a_print_has_less_contrast_and_no_mirrored_lamp(self) -> None:
        for eye in (1, 2, 3, 5):
            bare, printed = small(eye, None), small(eye, "printed_eye")
            assert bare.pixels[bare.truth.glints].max() >= 250
            assert printed.pixels[printed.truth.glints].max() < bare.pixels[bare.truth.glints].max() - 5
            pupils = [drawn.pixels[within(drawn, 0, 0.12)] for drawn in (bare, printed)]
            assert np.percentile(pupils[1], 30) > np.percentile(pupils[0], 30) + 3

    def test_a_screened_print_has_dots_all_over_and_a_lens_over_the_iris_alone(self) -> None:
        skin = (slice(8, 72), slice(8, 72))
        ratios = {
            name: peak_over_median(shown(1, name).pixels[skin]) for name in (None, "patterned_lens", "printed_eye")
        }
        assert ratios["printed_eye"] > 20 * ratios[None]
        assert ratios["patterned_lens"] < 2 * ratios[None]
        truth = shown(1, "patterned_lens").truth
        x, y = round(truth.iris.x + 0.72 * truth.iris.semi_major), round(truth.iris.y)
        ring = (slice(y - 24, y + 24), slice(x - 24, x + 24))
        assert peak_over_median(shown(1, "patterned_lens").pixels[ring]) > 3 * peak_over_median(
            shown(1, None).pixels[ring]
        )

    def test_a_lens_leaves_pupil_and_skin_alone(self) -> None:
        bare, worn = shown(2, None), shown(2, "patterned_lens")
        difference = np.abs(worn.pixels.astype(int) - bare.pixels)
        assert difference[within(worn, 0, 0.3)].mean() < 1
        assert difference[within(worn, 1.4, 3)].mean() < 1
        assert difference[within(worn, 0.7, 0.9)].mean() > 10

    def test_the_eye_behind_a_hole_mirrors_the_lamps(self) -> None:
        for eye in (1, 2, 3):
            drawn = small(eye, "printed_eye_with_hole")
            pupil = drawn.pixels[within(drawn, 0, 0.8 * drawn.truth.pupil_ratio)]
            assert pupil.max() >= 235
            assert np.percentile(pupil, 20) < 40


class TestSequences:
    def test_a_live_pupil_answers_a_flash_and_a_print_does_not(self) -> None:
        ratios = {name: [frame.truth.pupil_ratio for frame in sequence(3, name)] for name in (None, *PRINTS)}
        assert ratios[None][0] > 1.2 * ratios[None][-1]
        assert len(set(ratios["printed_eye"])) == 1
        frames = {name: sequence(3, name) for name in (None, "printed_eye_with_hole")}
        for name, seen in frames.items():
            assert dark_pupil_px(seen[0]) > 1.2 * dark_pupil_px(seen[-1]), name

    def test_a_worn_ring_keeps_its_radius_while_the_pupil_closes(self) -> None:
        first, last = sequence(3, "patterned_lens")[0], sequence(3, "patterned_lens")[-1]
        assert first.truth.pupil_ratio > 1.2 * last.truth.pupil_ratio
        rims = []
        for frame in (first, last):
            iris = frame.truth.iris
            angle = np.radians(np.concatenate([np.arange(-20, 21), np.arange(160, 201)]))
            radii = np.arange(0.8, 1.4, 0.01) * iris.semi_major
            x = (iris.x + radii[:, None] * np.cos(angle)).astype(int)
            y = (iris.y + radii[:, None] * np.sin(angle)).astype(int)
            profile = frame.pixels[y, x].mean(axis=1)
            rims.append(radii[int(np.argmax(np.gradient(profile)))] / frame.truth.px_per_mm)
        assert rims[0] == pytest.approx(rims[1], abs=0.15)

    def test_frames_differ_by_noise_at_least(self) -> None:
        for name in (None, "printed_eye"):
            frames = sequence(3, name)
            assert all(not np.array_equal(one.pixels, other.pixels) for one, other in pairwise(frames))

    def test_truth_follows_the_sheet(self) -> None:
        for frame in sequence(3, "printed_eye")[::4]:
            y, x = np.mgrid[:240, :320]
            away = np.hypot(x - frame.truth.pupil.x, y - frame.truth.pupil.y) / frame.truth.pupil.semi_major
            assert np.median(frame.pixels[away < 0.8]) < np.median(frame.pixels[(away > 1.2) & (away < 1.6)]) - 15

    @pytest.mark.parametrize(
        "options",
        [
            {"seconds": math.inf},
            {"frame_rate": 0.0},
            {"lux": -1.0},
            {"light_step": (1.0, math.nan)},
            {"artefact": "mask"},
            {"side": "middle"},
            {"condition": "soapy"},
        ],
    )
    def test_refuses_at_once_what_cannot_be_drawn(self, options: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            drawn_sequence(1, 1, **options)  # type: ignore[arg-type]


class TestCamera:
    OPTIONS: ClassVar[dict[str, object]] = {
        "delay_s": 0.0,
        "approach_s": 0.05,
        "settle_s": 0.05,
        "frame_rate": 40.0,
        "width": 240,
        "height": 180,
        "impression": 1,
    }

    def test_shows_what_it_was_told_and_then_something_else(self) -> None:
        with SyntheticIrisCamera(eye=1, artefact="printed_eye", **self.OPTIONS) as camera:  # type: ignore[arg-type]
            printed = camera.capture(20.0, Event()).pixels
            camera.present(1, 1, artefact="none")
            frames = camera.frames(Event())
            until = monotonic() + 20
            for _ in islice(frames, 60):
                assert monotonic() < until
            bare = camera.capture(20.0, Event()).pixels
        assert bare[60:120, 80:160].max() >= 250 > printed[60:120, 80:160].max()

    def test_an_unknown_artefact_does_not_send_anybody_away(self) -> None:
        camera = SyntheticIrisCamera()
        with pytest.raises(ValueError, match="printed_eye_with_hole"):
            camera.present(1, artefact="mask")

    def test_light_steps_after_settling_and_pupils_follow(self) -> None:
        options = {**self.OPTIONS, "light_step_s": 0.1, "light_step_lux": 5000.0}
        with SyntheticIrisCamera(eye=1, room_lux=5.0, **options) as camera:  # type: ignore[arg-type]
            assert camera.light_change is None
            sizes = []
            for frame in camera.frames(Event()):
                dark = int(np.count_nonzero(frame.pixels[45:135, 60:180] < 36))
                change = camera.light_change
                changed = None if change is None else change.at
                sizes.append((frame.captured_at, dark))
                if changed is not None and frame.captured_at > changed + 1.2:
                    break
                assert len(sizes) < 800
        assert changed is not None
        assert change is not None
        assert change.brighter
        before = np.median([dark for at, dark in sizes if changed - 0.08 < at <= changed + 0.2])
        after = np.median([dark for at, dark in sizes if at > changed + 1.0])
        assert after < 0.7 * before

    @pytest.mark.parametrize(
        "options", [{"light_step_s": -1.0}, {"light_step_s": math.nan}, {"light_step_lux": math.inf}]
    )
    def test_refuses_steps_that_cannot_be(self, options: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="light_step"):
            SyntheticIrisCamera(**options)  # type: ignore[arg-type]
