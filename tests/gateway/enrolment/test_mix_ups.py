"""What matching within one enrolment shows, and what it does not."""

import pytest

from drivers.fingerprint.synthetic import draw_fingerprint
from gateway.enrolment import ApprovalRefused, EnrolmentSnapshot, MixUp, SealingRefused
from gateway.enrolment.mix_ups import Sample, mix_ups
from gateway.fingerprint import analyze
from tests.gateway.enrolment.office import OPERATOR, SUPERVISOR, Office, code_of, portrait, print_of

NOBODY_APPROVES = """
id = "firm"
version = 1
warnings = "nobody"
duplicates = "none"
[name]
id = "Tegas"
en = "Firm"
[[step]]
parts = ["right-index", "right-middle"]
"""


def finger(capture: str, unit: str, finger: int, seed: int = 1) -> Sample:
    return Sample(f"{capture}-{seed}", unit, print_of(finger, seed))


def eye(capture: str, unit: str, eye: int, seed: int = 1) -> Sample:
    return Sample(f"{capture}-{seed}", unit, code_of(eye, seed))


def slap(capture: str, side: str, fingers: tuple[int, ...], seed: int = 1) -> list[Sample]:
    names = ("index", "middle", "ring", "little")
    return [finger(capture, f"{side}-{name}", each, seed) for name, each in zip(names, fingers, strict=True)]


def found(*samples: Sample) -> list[tuple[MixUp, tuple[str, ...]]]:
    return [(warning.code, warning.units) for warning in mix_ups(samples)]


def test_ten_different_fingers_with_slaps_besides_and_two_eyes_are_no_mix_up():
    singles = [finger(f"s{n}", unit, n, seed=2) for n, unit in enumerate(("right-index", "right-middle", "right-ring"))]
    assert (
        found(
            *slap("r", "right", (0, 1, 2, 3)),
            *slap("l", "left", (4, 5, 6, 7)),
            finger("t", "right-thumb", 8),
            finger("t", "left-thumb", 9),
            *singles,
            eye("e", "right-iris", 1),
            eye("e", "left-iris", 2),
            eye("f", "left-iris", 2, seed=2),
        )
        == []
    )


def test_a_finger_given_twice_under_two_positions():
    one, again = finger("a", "right-index", 1), finger("b", "right-middle", 1, seed=2)
    (warning,) = mix_ups([one, again])
    assert (warning.code, warning.units) == (MixUp.SAME_FINGER_TWICE, ("right-index", "right-middle"))
    assert warning.captures == ("a-1", "b-2")
    assert warning.score > 0.9
    assert warning.fmr is not None
    assert warning.fmr < 1e-4
    assert warning.words.id
    assert mix_ups([again, one]) == (warning,)


def test_two_fingers_swapped_between_tries_and_against_the_slap():
    first = (finger("a", "right-index", 1), finger("b", "right-middle", 2))
    second = (finger("c", "right-index", 2, seed=2), finger("d", "right-middle", 1, seed=2))
    assert found(*first, *second) == [(MixUp.FINGERS_SWAPPED, ("right-index", "right-middle"))]
    assert found(*slap("s", "right", (1, 2, 3, 4)), *second) == [
        (MixUp.FINGERS_SWAPPED, ("right-index", "right-middle"))
    ]


def test_a_left_hand_given_for_a_right_is_seen_against_the_left_one():
    left = slap("l", "left", (1, 2, 3, 4))
    # The fingers of a left hand lie the other way round: its little finger is taken for the right index.
    turned = slap("r", "right", (4, 3, 2, 1), seed=2)
    ((code, units),) = found(*left, *turned)
    assert code is MixUp.WRONG_HAND
    assert len(units) == 8
    assert found(*turned) == []  # alone, nothing shows which hand it is
    singles = [finger(f"s{n}", f"left-{name}", n, seed=3) for n, name in ((1, "index"), (2, "middle"))]
    assert [code for code, _ in found(*turned, *singles)] == [MixUp.WRONG_HAND]


def test_a_single_finger_of_the_other_hand():
    assert found(finger("a", "right-index", 1), finger("b", "left-index", 1, seed=2)) == [
        (MixUp.WRONG_HAND, ("left-index", "right-index"))
    ]
    # As another digit it is a finger given twice, whichever hand it is of.
    assert found(finger("a", "right-index", 1), finger("b", "left-ring", 1, seed=2)) == [
        (MixUp.SAME_FINGER_TWICE, ("left-ring", "right-index"))
    ]


def test_thumbs_that_changed_places_are_swapped_and_no_wrong_hand():
    together = [finger("t", "right-thumb", 1), finger("t", "left-thumb", 2)]
    alone = [finger("a", "right-thumb", 2, seed=2), finger("b", "left-thumb", 1, seed=2)]
    assert found(*together, *alone) == [(MixUp.FINGERS_SWAPPED, ("left-thumb", "right-thumb"))]


def test_another_persons_finger_among_the_tries():
    tries = [finger("a", "right-index", 1), finger("b", "right-index", 50, seed=2)]
    assert found(*tries) == [(MixUp.OTHER_FINGER, ("right-index",))]
    (warning,) = mix_ups([*tries, finger("c", "right-index", 1, seed=3)])
    assert warning.code is MixUp.OTHER_FINGER
    assert warning.fmr is None
    poor = Sample("poor", "right-index", print_of(50, 2))
    few = poor.content
    arrays = {name: getattr(few, name)[:12] for name in ("x", "y", "angle", "kind", "quality")}
    small = type(few)(**arrays, width=few.width, height=few.height, ppi=few.ppi)
    assert found(tries[0], Sample("poor", "right-index", small)) == []


def test_another_persons_finger_is_seen_beside_a_mix_up_too():
    twice = (finger("a", "right-index", 1), finger("b", "right-middle", 1, seed=2))
    assert found(*twice, finger("c", "right-index", 50, seed=3)) == [
        (MixUp.OTHER_FINGER, ("right-index",)),
        (MixUp.SAME_FINGER_TWICE, ("right-index", "right-middle")),
    ]


def test_eyes_mixed_up():
    right, left = eye("a", "right-iris", 1), eye("b", "left-iris", 2)
    assert found(right, eye("c", "left-iris", 1, seed=2)) == [(MixUp.SAME_EYE_TWICE, ("left-iris", "right-iris"))]
    swapped = (eye("c", "right-iris", 2, seed=2), eye("d", "left-iris", 1, seed=2))
    assert found(right, left, *swapped) == [(MixUp.EYES_SWAPPED, ("left-iris", "right-iris"))]
    assert found(right, left, eye("c", "left-iris", 9, seed=2)) == [(MixUp.OTHER_EYE, ("left-iris",))]


def test_drawn_prints_and_their_templates_as_captures_have_them():
    def drawn(capture: str, unit: str, finger: int, impression: int) -> Sample:
        return Sample(capture, unit, analyze(draw_fingerprint(finger, impression, "clean"), 500.0).template)

    index, middle = drawn("a", "right-index", 3, 0), drawn("b", "right-middle", 8, 0)
    assert found(index, middle) == []
    assert found(index, middle, drawn("c", "right-ring", 3, 1)) == [
        (MixUp.SAME_FINGER_TWICE, ("right-index", "right-ring"))
    ]


def sealing_is_refused(office: Office, snapshot: EnrolmentSnapshot) -> bool:
    with pytest.raises(SealingRefused) as refused:
        office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
    return [lack.code for lack in refused.value.lacks] == ["MIX_UP"]


def mixed_up(office: Office, profile: str) -> EnrolmentSnapshot:
    snapshot = office.create(profile)
    it = snapshot.enrolment_id
    if profile == "quick":
        snapshot = office.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    return office.add(snapshot, office.finger(it, "right-index", 1), office.finger(it, "right-middle", 1, seed=2))


def test_a_retake_settles_it(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = mixed_up(office, "quick")
        it = snapshot.enrolment_id
        (view,) = snapshot.warnings
        assert view.warning.code is MixUp.SAME_FINGER_TWICE
        assert sealing_is_refused(office, snapshot)
        wrong = next(part.capture_id for part in snapshot.parts if part.key == "right-middle")
        snapshot = office.add(snapshot, office.finger(it, "right-middle", 2, retake_of=wrong))
        assert snapshot.warnings == ()
        office.enrolments.seal(it, OPERATOR, snapshot.version)
        (statement,) = office.sealer.statements()
        tries = next(part["tries"] for part in statement["parts"] if part["key"] == "right-middle")
        assert [(each["kept"], bool(each["removed"])) for each in tries] == [(True, False), (False, True)]
        assert statement["warnings"] == []


def test_after_a_restart_it_is_still_known_and_a_removal_settles_it(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = mixed_up(office, "quick")
    with Office(tmp_path / "state") as office:
        it = snapshot.enrolment_id
        assert office.enrolments.get(it) == snapshot
        assert sealing_is_refused(office, snapshot)
        # What was compared before the restart is compared again for the next capture.
        third = office.add(snapshot, office.finger(it, "right-middle", 2, seed=3))
        assert {view.warning.code for view in third.warnings} == {MixUp.SAME_FINGER_TWICE, MixUp.OTHER_FINGER}
        wrong = snapshot.warnings[0].warning.captures
        middle = next(each for part in snapshot.parts if part.key == "right-middle" for each in part.tries).capture_id
        assert middle in wrong
        settled = office.enrolments.remove_capture(it, middle, "index again", OPERATOR, third.version)
        assert (settled.warnings, settled.open) == ((), ())


def test_a_supervisor_settles_it_and_is_named(tmp_path):
    with Office(tmp_path / "state") as office:
        snapshot = mixed_up(office, "quick")
        it = snapshot.enrolment_id
        snapshot = office.enrolments.approve(it, "right-index", SUPERVISOR, snapshot.version)
        assert (snapshot.open, snapshot.warnings[0].approved_by) == ((), SUPERVISOR)
        # An approval covers what stood then, and nothing that comes later.
        later = office.add(snapshot, office.finger(it, "right-index", 77, seed=4))
        assert [lack.code for lack in later.open] == ["MIX_UP"]
        later = office.enrolments.approve(it, "right-index", SUPERVISOR, later.version)
        office.enrolments.seal(it, OPERATOR, later.version)
        (statement,) = office.sealer.statements()
        assert {(each["code"], each["approved_by"]) for each in statement["warnings"]} == {
            ("other_finger", SUPERVISOR),
            ("same_finger_twice", SUPERVISOR),
        }


def test_where_nobody_may_approve_only_a_retake_helps(tmp_path):
    with Office(tmp_path / "state", NOBODY_APPROVES) as office:
        snapshot = mixed_up(office, "firm")
        with pytest.raises(ApprovalRefused, match="nobody may approve"):
            office.enrolments.approve(snapshot.enrolment_id, "right-index", SUPERVISOR, snapshot.version)
        assert sealing_is_refused(office, snapshot)
