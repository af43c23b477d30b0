"""The local key on the disk: closed by a passphrase or a token, in clear only where there is neither."""

import errno
import os
import stat

import pkcs11
import pytest

from gateway import durable_file as durable_file_module
from gateway.trust import (
    KeyExposed,
    KeyModuleGone,
    KeyPassphraseWrong,
    KeyPinWrong,
    KeyUnreadable,
    LocalKey,
    PassphraseWrap,
    TokenWrap,
    open_local_key,
)
from tests.gateway.trust.key_bench import LABEL, MODULE, soft_token

PASSPHRASE = PassphraseWrap(b"kunci yang panjang")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "enrolments.key"


@pytest.fixture
def token(tmp_path, monkeypatch):
    return soft_token(tmp_path, monkeypatch)


def test_it_is_made_once_and_opens_again(path):
    made = open_local_key(path, [PASSPHRASE], needed=False)
    assert len(made.secret) == 32
    assert open_local_key(path, [PASSPHRASE], needed=True) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert made.secret not in path.read_bytes()
    assert made.secret.hex() not in repr(made)
    assert open_local_key(path.with_name("other.key"), [PASSPHRASE], needed=False).secret != made.secret


def test_a_missing_key_is_not_replaced_where_data_lie_under_it(path):
    with pytest.raises(KeyUnreadable, match="missing, though data lie under it"):
        open_local_key(path, [PASSPHRASE], needed=True)
    assert not path.exists()


@pytest.mark.parametrize(
    ("wraps", "error", "message"),
    [
        ([PassphraseWrap(b"another")], KeyPassphraseWrong, "does not open the local key"),
        ([], KeyPassphraseWrong, "REKAM_KEY_PASSPHRASE"),
    ],
)
def test_without_its_passphrase_nothing_opens_and_nothing_changes(path, wraps, error, message):
    open_local_key(path, [PASSPHRASE], needed=False)
    before = path.read_bytes()
    with pytest.raises(error, match=message):
        open_local_key(path, wraps, needed=True)
    assert path.read_bytes() == before


def test_in_clear_it_is_for_its_owner_alone_and_closed_once_there_is_a_passphrase(path):
    made = open_local_key(path, needed=False)
    assert made.kind == "plain"
    path.with_name(f".{path.name}.x1y2").write_bytes(path.read_bytes())  # as a power cut leaves it
    assert open_local_key(path, needed=True) == made
    path.chmod(0o640)
    with pytest.raises(KeyExposed, match="chmod 600"):
        open_local_key(path, needed=True)
    path.chmod(0o600)
    with path.open("rb") as old:
        closed = open_local_key(path, [PASSPHRASE], needed=True)
        # What the old file held is gone from the disk's blocks, not from the folder alone.
        assert set(old.read()) == {0}
    assert closed == LocalKey(made.secret, "passphrase")
    assert made.secret not in path.read_bytes()
    assert open_local_key(path, [PASSPHRASE], needed=True) == closed
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_every_changed_byte_and_length_is_noticed(path):
    open_local_key(path, [PASSPHRASE], needed=False)
    whole = path.read_bytes()
    cost = whole.index(b"passphrase") + len(b"passphrase")
    for at in [*range(cost + 3), *range(cost + 3, len(whole), 9)]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        with pytest.raises((KeyUnreadable, KeyPassphraseWrong)):
            open_local_key(path, [PASSPHRASE], needed=True)
    for damaged in (b"", whole[:8], whole[:-1], whole + b"x", bytes(5000)):
        path.write_bytes(damaged)
        with pytest.raises(KeyUnreadable, match="damaged"):
            open_local_key(path, [PASSPHRASE], needed=True)


def test_a_key_does_not_pass_for_another_of_the_same_passphrase(path):
    open_local_key(path, [PASSPHRASE], needed=False)
    other = path.with_name("duplicates.key")
    other.write_bytes(path.read_bytes())
    other.chmod(0o600)
    with pytest.raises(KeyPassphraseWrong):
        open_local_key(other, [PASSPHRASE], needed=True)


def test_a_disk_that_takes_nothing_leaves_the_old_file(path, monkeypatch):
    made = open_local_key(path, needed=False)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable_file_module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        open_local_key(path, [PASSPHRASE], needed=True)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert open_local_key(path, needed=True) == made


def test_in_a_token_it_is_closed_by_a_key_that_does_not_leave_it(path, token):
    opened = token.opened()
    made = open_local_key(path, [TokenWrap(opened)], needed=False)
    second = open_local_key(path.with_name("duplicates.key"), [TokenWrap(opened)], needed=False)
    session = pkcs11.lib(MODULE).get_token(token_label=LABEL).open()
    (key,) = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY})
    assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
    with pytest.raises(pkcs11.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]
    session.close()
    opened.close()
    again = token.opened()
    assert open_local_key(path, [TokenWrap(again)], needed=True) == made == LocalKey(made.secret, "token")
    assert open_local_key(path.with_name("duplicates.key"), [TokenWrap(again)], needed=True) == second
    assert made.secret not in path.read_bytes()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(KeyUnreadable, match="damaged"):
        open_local_key(path, [TokenWrap(again)], needed=True)
    path.write_bytes(whole)
    assert open_local_key(path, [TokenWrap(again)], needed=True) == made
    with pytest.raises(KeyUnreadable, match="closed by a token, and none was given"):
        open_local_key(path, [PASSPHRASE], needed=True)
    again.close()


def test_a_token_that_is_away_opens_nothing_until_it_is_back(path, token):
    opened = token.opened()
    made = open_local_key(path, [TokenWrap(opened)], needed=False)
    token.pull_out()
    opened.close()
    with pytest.raises(KeyModuleGone):
        open_local_key(path, [TokenWrap(opened)], needed=True)
    token.plug_in()
    assert open_local_key(path, [TokenWrap(opened)], needed=True) == made
    opened.close()
    with pytest.raises(KeyPinWrong):
        open_local_key(path, [TokenWrap(token.opened(pin="0000"))], needed=True)


def test_a_key_moves_from_the_passphrase_to_the_token_once_that_is_there(path, token):
    made = open_local_key(path, [PASSPHRASE], needed=False)
    token.pull_out()
    opened = token.opened()
    away = open_local_key(path, [TokenWrap(opened), PASSPHRASE], needed=True)
    assert away == LocalKey(made.secret, "passphrase")
    token.plug_in()
    moved = open_local_key(path, [TokenWrap(opened), PASSPHRASE], needed=True)
    assert moved == LocalKey(made.secret, "token")
    assert open_local_key(path, [TokenWrap(opened)], needed=True) == moved
    opened.close()


def test_what_a_newer_gateway_closed_is_told(path):
    open_local_key(path, [PASSPHRASE], needed=False)
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\3tpm" + os.urandom(40))
    with pytest.raises(KeyUnreadable, match=r"closed by a tpm, and none was given\. Start the newer gateway"):
        open_local_key(path, [PASSPHRASE], needed=True)
