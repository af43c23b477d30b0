"""Every procedure of cameras and card writers, through its own conversation, against what is true of the device."""

from typing import Any

import numpy as np
import pytest

from calibration.card.sitting import CARD
from calibration.errors import MeasurementRefused, NotInTable, TargetMissing, TargetWrong
from calibration.installed import bundled_targets, installed_procedures, read_target_file
from calibration.iris.sitting import LIGHT
from calibration.judgement import STANDARDS, stated_verdicts
from calibration.limits import limits_of
from calibration.measurement import Measurement
from calibration.procedures import Procedure, Sitting, plan
from calibration.record import VerdictOutcome
from drivers import CardTimeout, DeviceKind, Illumination, IrisFrame
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.iris.synthesis.camera_truth import CameraTruth
from drivers.iris.synthetic import SyntheticIrisCamera
from drivers.portrait.synthesis.colour_card import PortraitTruth
from drivers.portrait.synthetic import SyntheticPortraitCamera
from tests.calibration.sat import sat_through, values_of

IRIS, PORTRAIT, CARDS = DeviceKind.IRIS_CAMERA, DeviceKind.PORTRAIT_CAMERA, DeviceKind.CARD_WRITER
SMALL: dict[str, Any] = {"width": 320, "height": 240}
"""Of frames whose sharpness does not matter: a grey card is drawn four times as fast."""
TRUTH = CameraTruth(focus_mm=244.0, px_per_mm_x=19.1, pupil_mm=8.0, flicker=0.05, black=5.0)


@pytest.fixture(scope="module")
def camera() -> SyntheticIrisCamera:
    return SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=TRUTH)


def iris(camera: SyntheticIrisCamera, name: str) -> dict[str, float]:
    with camera:
        return values_of(sat_through(camera, IRIS, name))


def test_all_that_a_technician_can_ask_of_them_is_there_in_order() -> None:
    known = installed_procedures()
    assert [each.name for each in plan(known, IRIS)] == [
        "resolution",
        "mtf_edge",
        "focus",
        "distance",
        "illumination",
        "exposure",
        "snr",
        "eye_safety",
    ]
    assert [each.name for each in plan(known, PORTRAIT)] == ["exposure", "white_balance", "sharpness", "distance"]
    assert [each.name for each in plan(known, CARDS)] == ["atr", "write_read_cycle", "timing", "field"]
    assert [each.name for each in plan(known, IRIS, ["snr", "focus"])] == ["focus", "snr"]


def test_the_rail_is_led_to_both_ends_of_the_range_of_focus(camera: SyntheticIrisCamera) -> None:
    found = iris(camera, "focus")
    fine = np.linspace(120, 450, 3301)
    sharp = fine[[TRUTH.modulation(2, float(mm)) >= 0.6 for mm in fine]]
    assert found["focus_near"] == pytest.approx(sharp.min(), abs=2)
    assert found["focus_far"] == pytest.approx(sharp.max(), abs=2)
    assert found["focus_range"] == pytest.approx(np.ptp(sharp), abs=3)


def test_a_shallow_lens_is_given_finer_steps() -> None:
    truth = CameraTruth(aperture_mm=9.0, focus_mm=247.0)
    with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=truth) as camera:
        found = values_of(sat_through(camera, IRIS, "focus"))
    fine = np.linspace(220, 280, 3001)
    sharp = fine[[truth.modulation(2, float(mm)) >= 0.6 for mm in fine]]
    assert np.ptp(sharp) < 20
    assert found["focus_near"] == pytest.approx(sharp.min(), abs=1.5)
    assert found["focus_far"] == pytest.approx(sharp.max(), abs=1.5)


def test_distances_of_the_rail_tell_the_entrance_pupil(camera: SyntheticIrisCamera) -> None:
    found = iris(camera, "distance")
    farthest = min(TRUTH.px_per_mm(250)) * (250 + TRUTH.pupil_mm) * 11.7 / 210 - TRUTH.pupil_mm
    assert found["iris_farthest"] == pytest.approx(farthest, abs=2)
    assert found["pupil_behind"] == pytest.approx(TRUTH.pupil_mm, abs=3)
    assert "told_error" not in found  # a fixed lens tells one distance for ever


def test_exposure_is_set_measured_and_given_back() -> None:
    with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=TRUTH, **SMALL) as camera:
        measured = sat_through(camera, IRIS, "exposure")
        assert camera._exposure_share == 1.0
    found = values_of(measured)
    assert found["exposure"] == TRUTH.exposure_ms
    assert found["exposure_linearity"] < 1.5  # flicker of 2 % is averaged over a few frames
    assert found["black"] == pytest.approx(TRUTH.black, abs=3)
    assert len(measured.series["taken_ms"]) == 4


def test_a_curve_of_the_sensor_is_found_out() -> None:
    with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth={"gamma": 0.7}, **SMALL) as camera:
        assert values_of(sat_through(camera, IRIS, "exposure"))["exposure_linearity"] > 1.2


class _FixedExposure(SyntheticIrisCamera):
    """A camera that takes no notice of what it is told."""

    def scale_exposure(self, share: float) -> None:
        assert share > 0


def test_a_camera_whose_exposure_cannot_be_set_says_so() -> None:
    with _FixedExposure(frame_rate=1000.0, delay_s=1000.0, **SMALL) as camera:
        measured = sat_through(camera, IRIS, "exposure")
    assert "exposure_linearity" not in values_of(measured)
    assert values_of(measured)["grey_depth"] == 8
    assert any("cannot be set from here" in each for each in measured.remarks)


def test_light_is_measured_over_what_the_capped_lens_shows() -> None:
    with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=TRUTH, **SMALL) as camera:
        found = values_of(sat_through(camera, IRIS, "illumination"))
    light = TRUTH.light((240, 320))
    places = np.array([[b.mean() for b in np.array_split(r, 8, axis=1)] for r in np.array_split(light, 6, axis=0)])
    assert found["evenness"] == pytest.approx(100 * places.min() / places.max(), abs=1)
    assert found["wavelength"] == 850


def test_noise_is_that_of_the_sensor() -> None:
    truth = CameraTruth(read_noise=2.0)
    with SyntheticIrisCamera(frame_rate=1000.0, delay_s=1000.0, truth=truth, **SMALL) as camera:
        found = values_of(sat_through(camera, IRIS, "snr"))
    assert found["snr"] == pytest.approx(truth.snr_db(found["grey_card"]), abs=0.42)


def test_configured_light_is_held_against_the_table_and_no_more_is_claimed(camera: SyntheticIrisCamera) -> None:
    with camera:
        measured = sat_through(camera, IRIS, "eye_safety")
    assert values_of(measured) == {"configured_drive": pytest.approx(62.5)}
    assert any("irradiance was not measured" in each for each in measured.remarks)
    verdicts = {each.limit: each for each in stated_verdicts(limits_of("iris-enrolment"), [measured])}
    assert verdicts["configured_drive"].outcome is VerdictOutcome.PASS
    assert "irradiance is not measured" in verdicts["configured_drive"].source


def light_as_set(level: float, **changes: object) -> Measurement:
    safety = installed_procedures()[IRIS, "eye_safety"]
    frame = IrisFrame(np.zeros((120, 160), np.uint8), 1.0, illumination=Illumination(850, level, (True, True)))
    targets = {LIGHT.name: bundled_targets()["synthetic-eye-safety"][0]}
    return safety.measure(Sitting({LIGHT.name: (frame,)}, targets, model=str(changes.get("model", "Synthetic iris"))))


def test_what_the_camera_tells_counts_where_it_is_more_than_the_file_says() -> None:
    assert values_of(light_as_set(0.9))["configured_drive"] == pytest.approx(112.5)
    assert values_of(light_as_set(0.1))["configured_drive"] == pytest.approx(62.5)
    failed = {each.limit: each for each in stated_verdicts(limits_of("iris-enrolment"), [light_as_set(0.9)])}
    assert failed["configured_drive"].outcome is VerdictOutcome.FAIL
    with pytest.raises(NotInTable, match="another"):
        light_as_set(0.5, model="another")
    with pytest.raises(NotInTable, match="on the camera itself"):
        light_as_set(0.5, model="")
    safety = installed_procedures()[IRIS, "eye_safety"]
    with pytest.raises(TargetMissing) as refused:
        safety.measure(Sitting({LIGHT.name: ()}))
    assert refused.value.words is not None
    assert refused.value.words.id.startswith("Target tidak terlihat")


def test_a_portrait_camera_is_recovered_by_its_card() -> None:
    truth = PortraitTruth(light_k=4200.0, exposure_stops=-0.5, blur_px=0.8)
    with SyntheticPortraitCamera(frame_rate=1000.0, truth=truth) as camera:
        found = {name: values_of(sat_through(camera, PORTRAIT, name)) for name in ("white_balance", "exposure")}
        sharp = values_of(sat_through(camera, PORTRAIT, "sharpness"))
        far = sat_through(camera, PORTRAIT, "distance")
        again = values_of(sat_through(camera, PORTRAIT, "distance", {"distance": far}))
    red, _, blue = truth.gains()
    assert found["white_balance"]["red_over_green"] == pytest.approx(red, rel=0.01)
    assert found["white_balance"]["blue_over_green"] == pytest.approx(blue, rel=0.01)
    assert found["white_balance"]["white_balance_k"] == truth.white_balance_k
    assert found["exposure"]["exposure_error"] == pytest.approx(-0.5 + np.log2(1 - truth.fall / 2), abs=0.05)
    assert sharp["mtf50"] == pytest.approx((np.log(2) / 2) ** 0.5 / np.pi / 0.8, rel=0.05)
    assert values_of(far)["focal_px"] == pytest.approx(truth.px_per_mm * 700, rel=0.005)
    assert again["distance"] == pytest.approx(700, rel=0.005)


def test_the_reach_of_a_reader_is_found_with_spacers_and_half_of_one() -> None:
    truth = {"reach_mm": 26.0, "reach_softness_mm": 0.1}
    with SyntheticCardWriter(card_delay_s=0, protocol="T=CL", truth=truth) as writer:
        measured = sat_through(writer, CARDS, "field")
    assert values_of(measured)["reach"] == pytest.approx(26, abs=2.01)
    assert values_of(measured)["power_ups_failed"] == 0
    assert list(measured.series["distance_mm"]) == sorted(measured.series["distance_mm"])


def test_contacts_have_no_reach() -> None:
    with SyntheticCardWriter(card_delay_s=0, truth={"power_up_s": 0.2}) as writer:
        found = values_of(sat_through(writer, CARDS, "field"))
        times = values_of(sat_through(writer, CARDS, "timing"))
    assert "reach" not in found
    assert times["power_up_p50"] == pytest.approx(200 * (1 + 0.1 * np.log(2)), rel=0.05)  # its spread is exponential


@pytest.mark.parametrize("name", ["atr", "write_read_cycle", "timing", "field"])
def test_a_reader_without_a_card_is_told_before_anything_is_measured(name: str) -> None:
    class Empty(SyntheticCardWriter):
        def await_card(self, timeout_s: float, cancel: object) -> object:  # type: ignore[override]
            raise CardTimeout("no card was put in in the time given")

    with Empty() as writer, pytest.raises(TargetMissing, match="no card is in the reader"):
        sat_through(writer, CARDS, name)
    assert "milik penduduk" in CARD.placing.id


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        (SyntheticIrisCamera, {"focus": 240.0}, "no truth focus of an iris camera; there are px_per_mm_x"),
        (SyntheticPortraitCamera, {"light": 1.0}, "no truth light of a portrait camera"),
        (SyntheticCardWriter, {"reach": 1.0}, "no truth reach of a card writer"),
        (SyntheticIrisCamera, {"stuck_share": 2.0}, "stuck_share"),
    ],
)
def test_a_truth_with_a_typo_is_named(kind: type, options: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        kind(truth=options)


def test_every_view_and_refusal_is_said_in_both_languages() -> None:
    others = [each for (kind, _), each in installed_procedures().items() if kind in (IRIS, PORTRAIT, CARDS)]
    for procedure in others:
        for view in procedure.views:
            assert view.placing.id != view.placing.en
    with pytest.raises(MeasurementRefused) as refused:
        _resolution().measure(Sitting({"square": ()}))
    assert refused.value.words is not None
    assert refused.value.words.id != refused.value.words.en == str(refused.value)


def _resolution() -> Procedure:
    return installed_procedures()[IRIS, "resolution"]


def test_a_square_of_another_size_is_measured_by_its_own_file() -> None:
    content = b'id = "our square"\nkind = "iris-square"\nside_mm = 11.9\n[certificate]\nnumber = "K-7"\n'
    target, used = read_target_file(content)
    assert (used.id, used.kind, used.certificate) == ("our square", "iris-square", "K-7")
    camera = SyntheticIrisCamera(frame_rate=1000.0)
    with camera:
        nominal = values_of(sat_through(camera, IRIS, "resolution"))
        frames = {"square": _square_frames(camera)}
    own = values_of(_resolution().measure(Sitting(frames, {"square": target})))
    assert own["px_per_mm_x"] / nominal["px_per_mm_x"] == pytest.approx(12 / 11.9, rel=1e-3)


def _square_frames(camera: SyntheticIrisCamera) -> tuple[IrisFrame, ...]:
    from threading import Event

    from drivers.iris.synthesis.camera_truth import TargetPlacement

    camera.show_target(TargetPlacement())
    cancel = Event()
    return tuple(frame for frame, _ in zip(camera.frames(cancel), range(4), strict=False))


def test_standards_of_all_kinds_are_there() -> None:
    assert set(DeviceKind) == set(STANDARDS)
    for name in STANDARDS.values():
        assert limits_of(name).limits


def test_another_card_is_refused_by_the_look() -> None:
    look = installed_procedures()[IRIS, "illumination"].look
    assert look is not None
    with SyntheticIrisCamera(frame_rate=1000.0) as camera:
        frames = _square_frames(camera)
    grey = installed_procedures()[IRIS, "illumination"].views[0]
    with pytest.raises(TargetWrong) as refused:
        look(grey, Sitting({grey.name: frames[:1]}))
    assert refused.value.words is not None
