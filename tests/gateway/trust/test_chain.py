"""A run of manifests: dropped, moved, inserted and changed ones are told apart."""

import pytest

from gateway.trust import ChainFault, TrustAnchors, sign_manifest, verify_chain
from tests.gateway.trust.signed_captures import chain, manifest, new_key

KEY = new_key()
SIGNED = chain(KEY, 8)
WHOLE = [signed.jws for signed in SIGNED]


def found(run, **options):
    return [(finding.fault, finding.position, finding.sequence) for finding in verify_chain(run, **options).findings]


def test_a_whole_chain_and_any_part_of_it_pass():
    assert verify_chain(WHOLE).ok
    assert verify_chain(WHOLE).length == 8
    assert verify_chain([]).ok
    for start in range(7):
        assert verify_chain(WHOLE[start:]).ok
        assert verify_chain(WHOLE[start + 1 :], previous=SIGNED[start].digest).ok


@pytest.mark.parametrize("gone", range(1, 7))
def test_a_dropped_one_is_named(gone):
    assert found(WHOLE[:gone] + WHOLE[gone + 1 :]) == [(ChainFault.DROPPED, gone, gone + 1)]


def test_a_dropped_first_one_shows_to_those_who_know_what_comes_before():
    assert found(WHOLE[3:], previous=SIGNED[1].digest) == [(ChainFault.CHANGED, 0, 4)]


@pytest.mark.parametrize("place", range(7))
def test_exchanged_neighbours_are_named(place):
    run = [*WHOLE[:place], WHOLE[place + 1], WHOLE[place], *WHOLE[place + 2 :]]
    assert found(run) == [(ChainFault.REORDERED, place, place + 2)]


@pytest.mark.parametrize("place", range(8))
def test_a_changed_one_is_named(place):
    changed = bytearray(WHOLE[place])
    changed[len(changed) // 2] ^= 1
    faults = found([*WHOLE[:place], bytes(changed), *WHOLE[place + 1 :]])
    assert [(fault, position) for fault, position, _ in faults] == [(ChainFault.CHANGED, place)]


@pytest.mark.parametrize("place", range(1, 6))
def test_one_that_was_signed_anew_is_named(place):
    forged = sign_manifest(manifest(place + 1, SIGNED[place - 1].digest, operator="another"), KEY).jws
    assert found([*WHOLE[:place], forged, *WHOLE[place + 1 :]]) == [(ChainFault.CHANGED, place, place + 1)]


def test_at_the_end_nobody_tells_which_of_two_was_changed():
    forged = sign_manifest(manifest(7, SIGNED[5].digest, operator="another"), KEY).jws
    (finding,) = verify_chain([*WHOLE[:6], forged, WHOLE[7]]).findings
    assert finding.fault is ChainFault.CHANGED
    assert "number 8 does not name number 7 as it is here" in finding.detail


@pytest.mark.parametrize("place", range(1, 8))
def test_an_inserted_one_is_named(place):
    copy = [*WHOLE[:place], WHOLE[place - 1], *WHOLE[place:]]
    assert found(copy) == [(ChainFault.INSERTED, place, place)]
    second = sign_manifest(manifest(place + 1, SIGNED[place - 1].digest, operator="another"), KEY).jws
    (finding,) = found([*WHOLE[:place], second, *WHOLE[place:]])
    if place < 7:  # the last one is named by nobody: which of the two is genuine cannot be told
        assert finding == (ChainFault.INSERTED, place, place + 1)
    else:
        assert finding[0] is ChainFault.INSERTED


def test_one_of_another_chain_is_inserted():
    stranger = chain(KEY, 2, chain_id="beef")[1].jws
    assert found([*WHOLE[:4], stranger, *WHOLE[4:]]) == [(ChainFault.INSERTED, 4, 2)]


def test_the_first_of_several_faults_is_first():
    report = verify_chain([WHOLE[0], WHOLE[2], WHOLE[3], b"garbage", WHOLE[5], WHOLE[7], WHOLE[6]])
    assert report.first is not None
    assert (report.first.fault, report.first.position, report.first.sequence) == (ChainFault.DROPPED, 1, 2)
    assert [finding.fault for finding in report.findings] == [
        ChainFault.DROPPED,
        ChainFault.CHANGED,
        ChainFault.REORDERED,
    ]


def test_a_new_chain_is_named_as_such():
    again = [signed.jws for signed in chain(KEY, 3, chain_id="beef")]
    assert found(WHOLE + again) == [(ChainFault.RESTARTED, 8, 1)]
    assert found(WHOLE + again[1:]) == [(ChainFault.RESTARTED, 8, 2), (ChainFault.DROPPED, 8, 1)]


def test_a_stranger_among_the_signers_is_named():
    stranger = new_key()
    forged = sign_manifest(manifest(4, SIGNED[2].digest, operator="another"), stranger).jws
    anchors = TrustAnchors.from_pem(KEY.trust_bundle().certificates_pem)
    assert verify_chain(WHOLE, trust_anchors=anchors).ok
    faults = found([*WHOLE[:3], forged, *WHOLE[4:]], trust_anchors=anchors)
    assert (ChainFault.UNTRUSTED, 3, 4) in faults
    assert (ChainFault.CHANGED, 3, 4) in faults
