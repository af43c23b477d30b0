"""The cipher of the journal: under a local key that is closed where it can be, and said where it is not."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.enrolment import Cipher, EnrolmentState, EnrolmentStore
from gateway.enrolment.local_cipher import IN_CLEAR, KEY_NAME, LocalCipher
from gateway.trust import KeyModuleGone, KeyPassphraseWrong, KeyUnreadable
from tests.gateway.enrolment.office import NIK, OPERATOR, Office
from tests.gateway.trust.key_bench import soft_token

PASSPHRASE = b"kata sandi"


@pytest.fixture(scope="module")
def cipher(tmp_path_factory):
    return LocalCipher.open(tmp_path_factory.mktemp("keys"), PASSPHRASE, needed=False)


@given(st.binary(max_size=300), st.binary(max_size=40), st.data())
def test_what_is_encrypted_opens_with_its_aad_alone_and_unchanged(cipher: Cipher, plain, aad, data):
    sealed = cipher.encrypt(plain, aad)
    assert cipher.decrypt(sealed, aad) == plain
    assert cipher.encrypt(plain, aad) != sealed
    with pytest.raises(ValueError):
        cipher.decrypt(sealed, aad + b"x")
    at = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(ValueError):
        cipher.decrypt(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], aad)
    with pytest.raises(ValueError):
        cipher.decrypt(sealed[:at], aad)


def test_a_digest_is_the_same_after_a_restart_and_nobodys_who_has_not_the_key(tmp_path):
    digest = LocalCipher.open(tmp_path / "keys", PASSPHRASE, needed=False).digest(b"a request")
    again = LocalCipher.open(tmp_path / "keys", PASSPHRASE, needed=True)
    assert again.digest(b"a request") == digest
    assert again.digest(b"another") != digest
    assert LocalCipher.open(tmp_path / "others", PASSPHRASE, needed=False).digest(b"a request") != digest


def test_a_passphrase_closes_it_and_another_does_not_open(tmp_path):
    first = LocalCipher.open(tmp_path / "keys", PASSPHRASE, needed=False)
    assert first.warning is None
    sealed = first.encrypt(b"plain", b"a")
    assert LocalCipher.open(tmp_path / "keys", PASSPHRASE, needed=True).decrypt(sealed, b"a") == b"plain"
    for wrong in (b"another", None):
        with pytest.raises(KeyPassphraseWrong):
            LocalCipher.open(tmp_path / "keys", wrong, needed=True)
    (tmp_path / "keys" / KEY_NAME).unlink()
    with pytest.raises(KeyUnreadable, match="missing"):
        LocalCipher.open(tmp_path / "keys", PASSPHRASE, needed=True)


def test_without_a_passphrase_it_says_so_in_both_languages_until_there_is_one(tmp_path):
    keys = tmp_path / "keys"
    bare = LocalCipher.open(keys, needed=False)
    sealed = bare.encrypt(b"plain", b"a")
    assert bare.warning == IN_CLEAR
    assert LocalCipher.open(keys, needed=True).warning is not None
    assert "REKAM_KEY_PASSPHRASE" in bare.warning.id
    assert "REKAM_KEY_PASSPHRASE" in bare.warning.en
    closed = LocalCipher.open(keys, PASSPHRASE, needed=True)
    assert closed.warning is None
    assert closed.decrypt(sealed, b"a") == b"plain"
    with pytest.raises(KeyPassphraseWrong):
        LocalCipher.open(keys, needed=True)


def test_while_the_token_is_away_it_waits_and_then_works_by_itself(tmp_path, monkeypatch):
    soft = soft_token(tmp_path, monkeypatch)
    token = soft.opened()
    sealed = LocalCipher.open(tmp_path / "keys", token=token, needed=False).encrypt(b"plain", b"a")
    token.close()
    soft.pull_out()
    cipher = LocalCipher.open(tmp_path / "keys", token=soft.opened(), needed=True)
    for _ in range(2):
        with pytest.raises(KeyModuleGone, match="Plug it in"):
            cipher.decrypt(sealed, b"a")
    soft.plug_in()
    assert cipher.decrypt(sealed, b"a") == b"plain"
    soft.pull_out()
    assert cipher.decrypt(cipher.encrypt(b"more", b""), b"") == b"more"
    soft.plug_in()


def test_a_first_start_without_its_token_makes_the_key_once_that_is_there(tmp_path, monkeypatch):
    soft = soft_token(tmp_path, monkeypatch)
    soft.pull_out()
    cipher = LocalCipher.open(tmp_path / "keys", token=soft.opened(), needed=False)
    with pytest.raises(KeyModuleGone):
        cipher.encrypt(b"plain", b"")
    assert not (tmp_path / "keys" / KEY_NAME).exists()
    soft.plug_in()
    sealed = cipher.encrypt(b"plain", b"")
    assert LocalCipher.open(tmp_path / "keys", token=soft.opened(), needed=True).decrypt(sealed, b"") == b"plain"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "keys").mkdir(mode=0o500)
    with pytest.raises(KeyUnreadable, match="Give the gateway's user the right"):
        LocalCipher.open(tmp_path / "keys", needed=False)


def test_the_journal_lies_under_it_across_a_new_passphrase(tmp_path):
    state = tmp_path / "state"

    def office(passphrase: bytes | None) -> Office:
        needed = (state / "enrolments.sqlite3").exists()
        return Office(state, cipher=LocalCipher.open(state / "keys", passphrase, needed=needed))

    with office(None) as first:
        it = first.filled().enrolment_id
    with office(PASSPHRASE) as second:
        found = second.enrolments.get(it)
        assert found.reference.value == NIK
        assert second.enrolments.seal(it, OPERATOR, found.version).state is EnrolmentState.SEALED
    with pytest.raises(KeyPassphraseWrong):
        office(None)
    store = EnrolmentStore.open(state, LocalCipher.open(state / "keys", PASSPHRASE, needed=True))
    store.close()
