"""Keys in a PKCS#11 module, SoftHSM2 here: made in it, kept in it; a token that goes away comes back by itself."""

import logging
import threading
import traceback

import pkcs11
import pytest
from cryptography import x509

from gateway.trust import (
    CheckStatus,
    KeyModuleGone,
    KeyPinWrong,
    KeyPlaces,
    KeyState,
    KeyStore,
    KeyUnreadable,
    Pkcs11Token,
    RevocationReason,
    TokenPlace,
    TrustAnchors,
    read_pin,
    sign_payload,
    verify_capture,
    verify_chain,
)
from tests.gateway.trust.key_bench import (
    LABEL,
    MODULE,
    PIN,
    Authority,
    Chain,
    file_store,
    files_of,
    openssl,
    openssl_verifies,
    pem,
    soft_token,
    token_store,
)
from tests.gateway.trust.signed_captures import BLOBS, NOON, moment

NOW = moment()


@pytest.fixture
def token(tmp_path, monkeypatch):
    return soft_token(tmp_path, monkeypatch)


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def store(tmp_path, token, chain):
    store = token_store(tmp_path, token, chain)
    yield store
    store.close()


def objects(kind: pkcs11.ObjectClass) -> list[pkcs11.Object]:
    """What lies in the token, seen by the library as it is initialised by the store."""
    session = pkcs11.lib(MODULE).get_token(token_label=LABEL).open()
    return list(session.get_objects({pkcs11.Attribute.CLASS: kind}))


def test_the_key_is_made_in_the_module_and_does_not_leave_it(tmp_path, store):
    assert files_of(tmp_path / "keys").keys() == {"keys.json"}
    (key,) = objects(pkcs11.ObjectClass.PRIVATE_KEY)
    assert key[pkcs11.Attribute.SENSITIVE]
    assert key[pkcs11.Attribute.ALWAYS_SENSITIVE]
    assert not key[pkcs11.Attribute.EXTRACTABLE]
    assert key[pkcs11.Attribute.NEVER_EXTRACTABLE]
    with pytest.raises(pkcs11.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]
    private = store.current().private_key
    for way in (private.private_numbers, private.private_bytes, lambda: private.exchange(None, None)):
        with pytest.raises(TypeError, match="never leaves"):
            way()


def test_captures_verify_with_us_and_with_openssl(tmp_path, store, chain):
    chain.grow(store, 5)
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    assert verify_chain(chain.signed, anchors).ok
    for jws in chain.signed:
        report = verify_capture(jws, BLOBS, anchors, now=NOON)
        assert report.ok
        assert not report.warnings
    assert openssl_verifies(chain.signed[0], tmp_path)
    payload_changed = chain.signed[0].replace(b".", b".e", 1)
    assert not openssl_verifies(payload_changed, tmp_path)
    certificate = tmp_path / "own.pem"
    certificate.write_text(store.trust_bundle().certificates_pem)
    checked = openssl("verify", "-check_ss_sig", "-no_check_time", "-trusted", certificate, certificate)
    assert checked.strip().endswith("OK")


def test_the_request_and_the_certificate_hold_for_openssl(tmp_path, store, chain):
    store.create(NOW)
    request = store.certificate_request()
    assert "verify OK" in openssl("req", "-verify", "-noout", "-text", text=request)
    authority = Authority(NOON)
    issued = authority.issue(request)
    store.install(pem(issued, authority.certificate, authority.root), NOW)
    store.rotate(NOW)
    (jws,) = chain.grow(store)
    for name, certificate in (("root.pem", authority.root), ("issuing.pem", authority.certificate), ("c.pem", issued)):
        (tmp_path / name).write_text(pem(certificate))
    chain_files = ("-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "issuing.pem")
    assert openssl("verify", "-no_check_time", *chain_files, tmp_path / "c.pem").strip().endswith("OK")
    assert openssl_verifies(jws, tmp_path)


def test_a_token_that_is_pulled_out_stops_signing_and_works_again_once_it_is_back(token, store, chain):
    chain.grow(store, 2)
    for _ in range(2):
        token.pull_out()
        for _ in range(3):
            with pytest.raises(KeyModuleGone, match=r"does not answer.*Plug it in") as refusal:
                chain.grow(store)
            assert refusal.value.reason == "KEY_UNAVAILABLE"
        with pytest.raises(KeyModuleGone):
            store.check_ready(NOW)
        with pytest.raises(KeyModuleGone):
            store.create(NOW)
        store.check_validity(NOW)
        token.plug_in()
        store.check_ready(NOW)
        chain.grow(store, 2)
    assert len(chain.signed) == 6
    assert verify_chain(chain.signed, TrustAnchors.from_pem(store.trust_bundle().certificates_pem)).ok


@pytest.mark.parametrize(
    "behind",
    [
        lambda library: library.get_token(token_label=LABEL).open().close(),
        lambda library: library.finalize(),
        lambda library: library.reinitialize(),
        lambda library: pkcs11.lib(MODULE).get_slots()[0],
    ],
)
def test_sessions_that_end_behind_its_back_are_opened_again(store, chain, behind):
    chain.grow(store)
    behind(pkcs11.lib(MODULE))
    chain.grow(store, 2)
    assert verify_chain(chain.signed, TrustAnchors.from_pem(store.trust_bundle().certificates_pem)).ok


def test_a_closed_session_is_opened_again(store, chain):
    chain.grow(store)
    store.close()
    chain.grow(store)
    store._places.token._session.close()  # as CKR_SESSION_HANDLE_INVALID
    chain.grow(store)
    assert len(chain.signed) == 3


def test_the_gateway_starts_while_the_token_is_away(tmp_path, token, store, chain):
    store.close()
    token.pull_out()
    again = token_store(tmp_path, token, chain)
    with pytest.raises(KeyModuleGone):
        chain.grow(again)
    token.plug_in()
    chain.grow(again)
    again.close()


def test_several_devices_sign_at_once_while_the_token_comes_and_goes(token, store):
    signed, gone, stop = [], [], threading.Event()

    def device(number: int) -> None:
        own = Chain(f"chain-{number}")
        while not stop.is_set():
            try:
                own.grow(store)
            except KeyModuleGone as error:
                gone.append(error)
        signed.append(own.signed)

    threads = [threading.Thread(target=device, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        token.pull_out()
        with pytest.raises(KeyModuleGone):
            store.check_ready(NOW)
        token.plug_in()
        store.check_ready(NOW)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    assert len(signed) == 4
    assert all(each for each in signed)
    for each in signed:
        assert verify_chain(each, anchors).ok


def test_a_wrong_pin_is_tried_once_and_never_shown(tmp_path, token, store, caplog):
    store.close()
    caplog.set_level(logging.DEBUG)
    wrong = token.opened(pin="8888 9999")
    store = KeyStore.open(tmp_path / "keys", None, KeyPlaces(None, wrong))  # it serves, so that nobody restarts it
    for _ in range(20):  # a token locks itself after a few tries: all but the first are not made
        with pytest.raises(KeyPinWrong, match="refuses the PIN") as refusal:
            store.check_ready(NOW)
    token.pull_out()
    with pytest.raises(KeyPinWrong) as refusal:  # it does not even look whether the token is there
        sign_payload(b"{}", store, "rekam-audit-head+jws")
    token.plug_in()
    told = "".join(traceback.format_exception(refusal.value)) + repr(wrong) + repr(wrong.place) + caplog.text
    assert "8888" not in told
    without = KeyStore.open(tmp_path / "keys", None, KeyPlaces(None, token.opened(pin=None)))
    with pytest.raises(KeyPinWrong, match="rekam-key-pin or set REKAM_KEY_PIN"):
        without.check_ready(NOW)
    with pytest.raises(KeyPinWrong):
        KeyStore.open(tmp_path / "new", None, KeyPlaces(None, token.opened(pin=None), makes_in_token=True))
    right = KeyStore.open(tmp_path / "keys", None, KeyPlaces(None, token.opened()))
    right.check_ready(NOW)
    right.close()


def test_the_pin_comes_from_the_credential_before_the_environment(tmp_path):
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "REKAM_KEY_PIN": "from-environment", "DESK_PIN": "1234"}
    assert read_pin(environment={}) is None
    assert read_pin(environment=environment) == "from-environment"
    assert read_pin("desk-pin", environment) == "1234"
    credential = tmp_path / "rekam-key-pin"
    credential.write_bytes(b"from-credential\n")
    assert read_pin(environment=environment) == "from-credential"
    for content, words in ((b"\n", "empty"), (b"\xff\xfe", "UTF-8")):
        credential.write_bytes(content)
        with pytest.raises(KeyPinWrong, match=words):
            read_pin(environment=environment)


def test_what_is_no_module_or_no_token_is_named(tmp_path, token):
    for place, kind, words in (
        (TokenPlace(str(tmp_path / "none.so"), LABEL, "rekam-key-pin"), KeyUnreadable, "cannot be loaded"),
        (TokenPlace("/usr/lib/x86_64-linux-gnu/libz.so.1", LABEL, "rekam-key-pin"), KeyUnreadable, "cannot be loaded"),
        (TokenPlace(MODULE, "another", "rekam-key-pin"), KeyModuleGone, "another"),
    ):
        with pytest.raises(kind, match=words):
            Pkcs11Token(place, PIN).open()


def test_a_token_with_the_keys_of_another_is_noticed(tmp_path, token, store, monkeypatch):
    key = store.current()
    store.close()
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    stranger = soft_token(other, monkeypatch)
    opened = stranger.opened()
    with pytest.raises(KeyModuleGone, match="does not hold the gateway's key"):
        opened.sign(key._object_id, key._public_key, b"data")
    object_id, public_key = opened.generate()
    assert opened.sign(object_id, public_key, b"data")
    opened.close()
    with pytest.raises(KeyUnreadable, match="not that of the gateway's certificate"):
        opened.sign(object_id, key._public_key, b"data")
    opened.close()


def test_from_a_file_into_the_module_and_back_the_chain_goes_on(tmp_path, token, chain):
    store = file_store(tmp_path, chain)
    chain.grow(store, 2)
    store = token_store(tmp_path, token, chain)
    chain.grow(store, 1)  # the key in the file signs until it is rotated
    store.rotate(NOW)
    chain.grow(store, 2)
    store.close()
    back = KeyStore.open(tmp_path / "keys", None, KeyPlaces(None, token.opened()), chain.end)
    assert "signing.pem" not in files_of(tmp_path / "keys")
    back.rotate(NOW)
    chain.grow(back, 2)
    assert [each.store for each in back.records()] == ["file", "pkcs11", "file"]
    assert verify_chain(chain.signed, TrustAnchors.from_pem(back.trust_bundle().certificates_pem)).ok
    back.destroy_retired(after_s=0)
    assert objects(pkcs11.ObjectClass.PRIVATE_KEY) == []
    back.close()
    (tmp_path / "keys" / back.record(back.key_id).location.name).unlink()
    with pytest.raises(KeyUnreadable, match="missing"):
        file_store(tmp_path)


def test_a_token_that_is_lost_for_good_is_left_with_abandon(tmp_path, token, store, chain):
    chain.grow(store, 1)
    store.close()
    token.pull_out()
    stranded = KeyStore.open(tmp_path / "keys", None, KeyPlaces(None, token.opened()), chain.end)
    before = files_of(tmp_path / "keys")
    with pytest.raises(KeyModuleGone, match="--abandon"):
        stranded.rotate(NOW)
    assert files_of(tmp_path / "keys") == before
    record = stranded.rotate(NOW, abandon=True)
    assert record.public.succession == ()
    chain.grow(stranded, 1)
    assert verify_chain(chain.signed, TrustAnchors.from_pem(stranded.trust_bundle().certificates_pem)).ok
    (tmp_path / "keys" / "keys.json").write_bytes(before["keys.json"])
    with pytest.raises(KeyUnreadable, match="the configuration names no token"):
        file_store(tmp_path)


def test_a_revoked_key_of_a_module_refuses(store, chain):
    (jws,) = chain.grow(store)
    store.revoke(store.key_id, RevocationReason.CESSATION_OF_OPERATION, "", lambda: NOW)
    with pytest.raises(Exception, match="revoked") as refusal:
        sign_payload(b"{}", store, "rekam-audit-head+jws")
    assert refusal.value.reason == "KEY_REVOKED"
    assert store.record(store.key_id).state is KeyState.ACTIVE
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    report = verify_capture(jws, BLOBS, anchors, now=NOON)
    assert [check.name for check in report.warnings] == ["trusted_key"]
    assert report.ok
    assert CheckStatus.FAILED not in {check.status for check in report.checks}


def test_certificates_of_both_kinds_are_the_same_but_for_the_key(tmp_path, token, store):
    in_file = file_store(tmp_path / "file").certificates[0]
    in_module = store.certificates[0]
    assert in_file.subject == in_module.subject
    usage = x509.KeyUsage
    assert in_file.extensions.get_extension_for_class(usage) == in_module.extensions.get_extension_for_class(usage)
    assert in_file.not_valid_after_utc == in_module.not_valid_after_utc
