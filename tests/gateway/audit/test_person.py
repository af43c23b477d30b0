"""Keyed hashes stand for persons."""

import pytest

from gateway.audit import AuditUnwritable, PersonTokens
from gateway.audit.person import KEY_FILE

NIK = "3171234567890001"


def test_a_person_has_one_token_at_a_gateway_and_another_at_the_next(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, again, next_door = (PersonTokens.open(tmp_path / name) for name in ("a", "a", "b"))
    assert one.person_token(NIK) == again.person_token(f" {NIK} ") != next_door.person_token(NIK)
    assert one.person_token(NIK) != one.person_token("3171234567890002")
    assert one.person_token(NIK) != one.operator_name(NIK)
    assert (tmp_path / "a" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "a").iterdir()] == [KEY_FILE]


def test_a_key_that_others_may_read_or_that_is_damaged_is_refused(tmp_path):
    PersonTokens.open(tmp_path)
    path = tmp_path / KEY_FILE
    path.chmod(0o640)
    with pytest.raises(AuditUnwritable, match="chmod 600"):
        PersonTokens.open(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(AuditUnwritable, match="5 bytes of 32"):
        PersonTokens.open(tmp_path)
    with pytest.raises(AuditUnwritable, match="cannot be read or made"):
        PersonTokens.open(tmp_path / "missing")
    with pytest.raises(ValueError, match="32 bytes"):
        PersonTokens(b"short")
