"""`rekam keys`: what is said and written, and the exit statuses; openssl is the authority."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.checks.state import check_key
from gateway.cli.exits import ExitStatus
from gateway.trust import KeyPlaces, KeyStore, TrustAnchors
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import RunningGateway, quick_device, running_gateway
from tests.gateway.trust.key_bench import LABEL, soft_token
from tests.gateway.trust.signed_captures import moment


@pytest.fixture
def own(tmp_path: Path) -> Iterator[RunningGateway]:
    with running_gateway(tmp_path / "state", devices=(quick_device("QUICK"),)) as running:
        yield running


def openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def issued(folder: Path, request: Path) -> Path:
    """What an authority that is openssl answers: the certificate and its own."""
    root, key, certificate, chain = (folder / name for name in ("root.pem", "root.key", "issued.pem", "chain.pem"))
    subject = ("-subj", "/CN=Root authority", "-days", 30)
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl("req", "-x509", *curve, "-nodes", "-keyout", key, "-out", root, *subject, *usage)
    asked = ("-in", request, "-copy_extensions", "copyall", "-days", 20, "-out", certificate)
    openssl("x509", "-req", "-CA", root, "-CAkey", key, *asked)
    chain.write_text(certificate.read_text() + root.read_text())
    return chain


def test_from_a_request_to_captures_under_an_authority(own: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    at = ("--state", own.state)
    request = tmp_path / "gateway.csr"
    before = json.loads(rekam("keys", "show", "--json", *at).stdout)
    created = rekam("keys", "create", *at)
    assert created.exit_code == ExitStatus.DONE, created.stderr
    assert "pending, in a file" in created.stdout
    assert rekam("keys", "csr", "--out", request, *at).exit_code == ExitStatus.DONE
    installed = rekam("keys", "install", issued(tmp_path, request), *at)
    assert installed.exit_code == ExitStatus.DONE, installed.stderr
    rotated = json.loads(rekam("keys", "rotate", "--active", before["active_key_id"], "--json", *at).stdout)
    assert (rotated["state"], rotated["vouched_for"]) == ("active", True)
    assert [each["subject"] for each in rotated["certificates"]][1:] == ["CN=Root authority"]

    capture = ("--modality", "finger", "--position", "right-index", "--out", tmp_path / "one")
    assert rekam("capture", *capture, *at).exit_code == ExitStatus.DONE
    bundle = tmp_path / "bundle.pem"
    assert rekam("keys", "export", "--pem", "--out", bundle, *at).exit_code == ExitStatus.DONE
    assert rekam("verify", tmp_path / "one", "--trust", bundle).exit_code == ExitStatus.DONE
    assert rekam("verify", tmp_path / "one", "--trust", tmp_path / "root.pem").exit_code == ExitStatus.DONE
    jwks = json.loads(rekam("keys", "export", "--jwks", *at).stdout)
    assert [key["kid"] for key in jwks["keys"]] == [rotated["key_id"], before["active_key_id"]]

    shown = rekam("keys", "show", *at)
    assert "ends in 19 days" in shown.stdout
    assert "retired, in a file" in shown.stdout
    assert any("19 days" in each["en"] for each in json.loads(rekam("keys", "show", "--json", *at).stdout)["warnings"])
    (finding,) = check_key(own.state)
    assert (finding.level.value, "19 days are left" in finding.detail) == ("warning", True)

    note = ("--reason", "key-compromise", "--note", "PC stolen")
    revoked = rekam("keys", "revoke", rotated["key_id"], *note, *at)
    assert "REVOKED" in revoked.stdout
    assert "captures are refused until `rekam keys rotate`" in revoked.stderr
    assert rekam("capture", *capture[:-1], tmp_path / "two", *at).exit_code == ExitStatus.REFUSED
    (finding,) = check_key(own.state)
    assert (finding.level.value, "revoked" in finding.detail) == ("problem", True)
    after = tmp_path / "after.pem"
    assert rekam("keys", "export", "--pem", "--out", after, *at).exit_code == ExitStatus.DONE
    assert TrustAnchors.from_pem(after.read_text()).revocations[rotated["key_id"]].note == "PC stolen"
    verified = rekam("verify", tmp_path / "one", "--trust", after)
    assert verified.exit_code == ExitStatus.DONE
    assert "was revoked on" in verified.stdout
    abandoned = rekam("keys", "rotate", *at)
    assert "does not vouch" in abandoned.stderr
    assert rekam("capture", *capture[:-1], tmp_path / "two", *at).exit_code == ExitStatus.DONE


def test_what_cannot_be_done_is_said(own: RunningGateway, rekam: Rekam, tmp_path: Path) -> None:
    at = ("--state", own.state)
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    binary = tmp_path / "binary.der"
    binary.write_bytes(b"\x30\x82\xff\xfe")
    cases = [
        (("export",), ExitStatus.USAGE, "one of --pem and --jwks"),
        (("install", tmp_path / "none.pem"), ExitStatus.USAGE, "none.pem"),
        (("install", wrong), ExitStatus.USAGE, "no chain of certificates in PEM"),
        (("install", binary), ExitStatus.USAGE, "openssl x509 -inform der"),
        (("rotate", "--active", "another"), ExitStatus.REFUSED, "by now"),
        (("csr", "--key", "another"), ExitStatus.USAGE, "no key named another"),
        (("revoke", "another", "--reason", "superseded"), ExitStatus.USAGE, "no key named another"),
        (("revoke", "another"), ExitStatus.USAGE, "--reason"),
        (("export", "--pem", "--out", tmp_path / "no" / "folder.pem"), ExitStatus.USAGE, "cannot be written"),
    ]
    for arguments, status, words in cases:
        result = rekam("keys", *arguments, *at)
        assert (result.exit_code, result.stdout) == (status, ""), arguments
        assert words in " ".join(result.stderr.split()), result.stderr
    failed = json.loads(rekam("keys", "rotate", "--active", "another", "--json", *at).stdout)
    assert failed["error"]["reason"] == "KEY_CHANGE_REFUSED"
    assert rekam("keys", "create", *at).exit_code == ExitStatus.DONE
    assert rekam("keys", "create", *at).exit_code == ExitStatus.REFUSED


def test_the_doctor_says_that_a_key_lies_in_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = soft_token(tmp_path, monkeypatch).opened()
    KeyStore.open(tmp_path / "state" / "keys", None, KeyPlaces(None, token, makes_in_token=True))
    token.close()
    place, dates = check_key(tmp_path / "state")
    assert (place.level.value, f"in the token {LABEL}" in place.detail) == ("ok", True)
    assert (dates.level.value, dates.detail.startswith("valid")) == ("ok", True)


def test_the_doctor_tells_of_the_end_of_a_certificate(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for days, level, words in (
        (60, "ok", "valid"),
        (29, "warning", "28 days are left"),
        (6, "warning", "5 days are left"),
        (1, "warning", "within a day"),
        (-1, "problem", "over"),
    ):
        state = tmp_path / str(days)
        made = now - timedelta(days=730) + timedelta(days=days) - timedelta(seconds=30)
        KeyStore.open(state / "keys", None, KeyPlaces(), now=moment(made))
        (finding,) = check_key(state)
        assert (finding.level.value, words in finding.detail) == (level, True), finding
        assert bool(finding.remedy) == (level != "ok")
    (tmp_path / "60" / "keys" / "keys.json").write_text("{")
    (finding,) = check_key(tmp_path / "60")
    assert finding.level.value == "problem"
    assert "damaged" in finding.detail
