"""Several keys: made, rotated, revoked, kept public; the chain of captures goes on across them."""

import json
from datetime import timedelta

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import KeySet

from gateway.trust import (
    ChainFault,
    CheckStatus,
    ClockQuality,
    KeyChangeRefused,
    KeyExpired,
    KeyPlaces,
    KeyRevoked,
    KeyState,
    KeyStore,
    KeyUnreadable,
    RevocationReason,
    TrustAnchors,
    open_signing_key,
    sign_payload,
    verify_capture,
    verify_chain,
)
from tests.gateway.trust.key_bench import DAY, Chain, file_store, files_of
from tests.gateway.trust.signed_captures import BLOBS, NOON, moment

NOW = moment()


def anchors(store: KeyStore) -> TrustAnchors:
    return TrustAnchors.from_pem(store.trust_bundle().certificates_pem)


def trusted(store: KeyStore, jws: bytes) -> CheckStatus:
    report = verify_capture(jws, BLOBS, anchors(store), now=NOON + 900 * DAY)
    (check,) = (each for each in report.checks if each.name == "trusted_key")
    assert report.ok == (check.status is not CheckStatus.FAILED)
    return check.status


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def store(tmp_path, chain):
    return file_store(tmp_path, chain)


def test_a_key_of_an_older_version_is_taken_over(tmp_path):
    old = open_signing_key(tmp_path / "keys", "kedoya-1")
    store = file_store(tmp_path)
    assert store.key_id == old.key_id
    assert store.certificates == old.certificates
    assert [each.state for each in store.records()] == [KeyState.ACTIVE]
    assert file_store(tmp_path).key_id == old.key_id


def test_the_chain_holds_across_rotations_and_the_old_key_vouches_for_the_new(tmp_path, store, chain):
    first_bundle = store.trust_bundle().certificates_pem
    ids = [store.key_id]
    chain.grow(store, 3)
    for _ in range(2):
        record = store.rotate(NOW, store.key_id)
        assert record.key_id == store.key_id
        assert record.state is KeyState.ACTIVE
        ids.append(record.key_id)
        chain.grow(store, 3)
    assert len(set(ids)) == 3
    assert verify_chain(chain.signed, anchors(store)).ok
    assert {trusted(store, jws) for jws in chain.signed} == {CheckStatus.PASSED}
    assert store.trust_bundle().key_ids[0] == ids[-1]
    assert set(store.trust_bundle().key_ids) == set(ids)

    known_before = TrustAnchors.from_pem(first_bundle)
    assert verify_chain(chain.signed, known_before).first.fault is ChainFault.UNTRUSTED
    assert verify_chain(chain.signed, known_before.extended(store.trust_bundle().certificates_pem)).ok

    again = file_store(tmp_path, chain)
    assert again.records() == store.records()
    chain.grow(again, 1)
    assert verify_chain(chain.signed, anchors(again)).ok


def test_nobody_else_can_vouch_for_a_key(tmp_path, store):
    known = anchors(store)
    stranger = file_store(tmp_path / "b")
    stranger.rotate(NOW)
    bundle = stranger.trust_bundle().certificates_pem
    assert known.extended(bundle).fingerprints == known.fingerprints
    store.rotate(NOW)
    bundle = store.trust_bundle().certificates_pem
    assert len(known.extended(bundle).fingerprints) == 2
    label = "-----BEGIN REKAM KEY SUCCESSION-----\n"
    start = bundle.index(label) + len(label)
    for place in range(start, start + 600, 23):
        changed = bundle[:place] + ("A" if bundle[place] != "A" else "B") + bundle[place + 1 :]
        if bundle[place] == "\n":
            continue
        with pytest.raises(ValueError):
            known.extended(changed)


def test_the_jwks_verifies_with_another_library(store, chain):
    signatures = chain.grow(store, 1)
    store.rotate(NOW)
    signatures += chain.grow(store, 1)
    keys = KeySet.import_key_set(json.loads(json.dumps(store.trust_bundle().jwks)))
    for jws in signatures:

        class Registry(joserfc_jws.JWSRegistry):
            max_header_length = 10_000

        found = joserfc_jws.deserialize_compact(jws.decode(), keys, registry=Registry(algorithms=["ES256"]))
        assert json.loads(found.payload)["format"] == "rekam-manifest"


def test_a_revoked_key_signs_no_more_and_what_it_had_signed_stays(tmp_path, store, chain):
    first = store.key_id
    chain.grow(store, 3)
    store.revoke(first, RevocationReason.KEY_COMPROMISE, "stolen with the PC", lambda: moment(NOON + DAY))
    for attempt in (
        lambda: chain.grow(store),
        lambda: store.check_ready(NOW),
        lambda: sign_payload(b"{}", store, "rekam-audit-head+jws"),
        lambda: store.sign(b"x"),
    ):
        with pytest.raises(KeyRevoked, match="rekam keys rotate") as refusal:
            attempt()
        assert refusal.value.reason == "KEY_REVOKED"
    assert len(chain.signed) == 3
    assert {trusted(store, jws) for jws in chain.signed} == {CheckStatus.WARNING}
    assert verify_chain(chain.signed, anchors(store)).ok

    record = store.rotate(moment(NOON + DAY))
    assert record.public.succession == ()
    chain.grow(store, 2, NOON + 2 * DAY)
    assert verify_chain(chain.signed, anchors(store)).ok
    assert [trusted(store, jws) for jws in chain.signed[2:]] == [CheckStatus.WARNING] + [CheckStatus.PASSED] * 2
    (jwk,) = (each for each in store.trust_bundle().jwks["keys"] if each["kid"] == first)
    assert jwk["rekam_revocation"]["reason"] == "key_compromise"
    assert jwk["rekam_revocation"]["place"] == {"chain_id": "c0ffee", "sequence": 3}
    assert file_store(tmp_path, chain).records() == store.records()


def test_what_a_thief_signs_after_the_revocation_fails(tmp_path, store, chain):
    thief = open_signing_key(tmp_path / "keys")
    chain.grow(store, 2)
    store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", lambda: moment(NOON + DAY))
    honest = list(chain.signed)
    later = chain.grow(thief, 1)[0]
    assert trusted(store, later) is CheckStatus.FAILED
    assert verify_chain(chain.signed, anchors(store)).first.fault is ChainFault.UNTRUSTED
    twin = Chain()
    forged = twin.grow(thief, 1, NOON + 2 * DAY)[0]  # an early number, but a believed time after the revocation
    assert trusted(store, forged) is CheckStatus.FAILED
    elsewhere = Chain("another").grow(thief, 1, NOON + 2 * DAY)[0]
    assert trusted(store, elsewhere) is CheckStatus.FAILED
    before = Chain("another").grow(thief, 1, NOON)[0]
    assert trusted(store, before) is CheckStatus.WARNING
    assert {trusted(store, jws) for jws in honest} == {CheckStatus.WARNING}


def test_an_unconfirmed_time_decides_nothing_about_another_chain(store):
    store.revoke(store.key_id, RevocationReason.SUPERSEDED, "", lambda: moment(NOON, ClockQuality.UNTRUSTED))
    revocation = anchors(store).revocations[store.key_id]
    assert revocation.precedes("another", 1, moment(NOON - DAY))
    assert not revocation.precedes("c0ffee", 0, moment(NOON + DAY))


def test_changes_that_do_not_fit_are_refused_with_a_remedy(store):
    first = store.key_id
    pending = store.create(NOW)
    with pytest.raises(KeyChangeRefused, match="waits already"):
        store.create(NOW)
    with pytest.raises(KeyChangeRefused, match="by now"):
        store.rotate(NOW, pending.key_id)
    with pytest.raises(KeyChangeRefused, match="no key"):
        store.revoke("nobody", RevocationReason.SUPERSEDED, "", lambda: NOW)
    assert store.rotate(NOW, first).key_id == pending.key_id
    store.revoke(first, RevocationReason.SUPERSEDED, "old", lambda: NOW)
    assert store.revoke(first, RevocationReason.SUPERSEDED, "old", lambda: NOW).key_id == first
    with pytest.raises(KeyChangeRefused, match="revoked already"):
        store.revoke(first, RevocationReason.KEY_COMPROMISE, "", lambda: NOW)
    with pytest.raises(KeyChangeRefused, match="retired or revoked"):
        store.certificate_request(first)


def test_a_pending_key_that_is_revoked_is_passed_over(store):
    pending = store.create(NOW)
    store.revoke(pending.key_id, RevocationReason.UNSPECIFIED, "", lambda: NOW)
    assert store.rotate(NOW).key_id != pending.key_id


def test_an_expired_key_says_what_to_do_and_is_rotated_without_its_word(store, chain):
    late = moment(NOON + timedelta(days=800))
    with pytest.raises(KeyExpired, match="rekam keys rotate"):
        chain.grow(store, 1, late.wall)
    assert store.expiry_notice(late).days == 0
    assert store.rotate(late).public.succession == ()
    chain.grow(store, 1, late.wall)
    assert store.expiry_notice(late) is None


def test_the_private_half_of_a_retired_key_is_destroyed(tmp_path, store):
    folder = tmp_path / "keys"
    store.rotate(NOW)
    store.destroy_retired()
    assert "signing.pem" in files_of(folder)  # a signature that was begun with it may be under way
    store.destroy_retired(after_s=0)
    assert "signing.pem" not in files_of(folder)
    store.rotate(NOW)
    assert len(files_of(folder)) == 3
    file_store(tmp_path)  # at the next start at the latest
    assert len(files_of(folder)) == 2
    assert files_of(folder)["keys.json"].count(b"PRIVATE") == 0


def test_new_keys_are_encrypted_as_the_first(tmp_path, chain):
    store = file_store(tmp_path, chain, b"rahasia")
    store.create(NOW)
    store.rotate(NOW)
    for name, content in files_of(tmp_path / "keys").items():
        assert name == "keys.json" or b"ENCRYPTED PRIVATE KEY" in content
        assert (tmp_path / "keys" / name).stat().st_mode & 0o077 == 0
    assert file_store(tmp_path, chain, b"rahasia").key_id == store.key_id


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace('"active"', '"retired"'), "not one key is the active one"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "newer"),
        (lambda text: text.replace('"signing.pem"', '"../signing.pem"'), "beside the list"),
        (lambda text: text.replace('"signing.pem"', '"other.pem"'), "missing"),
        (lambda text: "[]", "damaged"),
        (lambda text: '{"version": 1, "keys": {}}', "damaged"),
        (lambda text: "ÿ", "damaged"),
    ],
)
def test_a_damaged_list_is_named_and_nothing_is_made_instead(tmp_path, store, harm, words):
    index = tmp_path / "keys" / "keys.json"
    index.write_text(harm(index.read_text()), encoding="latin-1")
    before = files_of(tmp_path / "keys")
    with pytest.raises(KeyUnreadable, match=words) as refusal:
        file_store(tmp_path)
    assert refusal.value.remedy
    assert files_of(tmp_path / "keys") == before


def test_keys_without_their_list_are_not_replaced(tmp_path, store):
    store.rotate(NOW)
    (tmp_path / "keys" / "keys.json").unlink()
    (tmp_path / "keys" / "signing.pem").unlink()
    with pytest.raises(KeyUnreadable, match=r"keys\.json is missing"):
        file_store(tmp_path)


def test_a_bundle_with_a_damaged_revocation_is_refused(store):
    store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", lambda: NOW)
    pem = store.trust_bundle().certificates_pem
    label = "-----BEGIN REKAM KEY REVOCATION-----\n"
    assert label in pem
    for changed in (pem.replace(label, label + "*"), pem.replace(label, label + "AAAA"), pem[: pem.index(label) + 90]):
        with pytest.raises(ValueError):
            TrustAnchors.from_pem(changed)


def test_the_passphrase_is_not_shown(tmp_path):
    assert "rahasia" not in repr(KeyPlaces(b"rahasia"))
