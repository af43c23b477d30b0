"""The authority is put where browsers look, and taken out; what is not there is told with its remedy.

The tools are stand-ins with the arguments of NSS' certutil and Debian's update-ca-certificates.
"""

import os
import pwd
from pathlib import Path

import pytest

from gateway.web import LocalAuthority
from gateway.web.trust_stores import StepState, TrustStores

CERTUTIL = """#!/bin/sh
# certutil -A|-D|-L -d sql:DIR -t C,, -n NAME -i FILE: certificates of one name lie in DIR/certs as numbered files
action=$1; dir=${3#sql:}; mkdir -p "$dir/certs"
[ -e "$dir/locked" ] && { echo "certutil: function failed: SEC_ERROR_BAD_DATABASE" >&2; exit 255; }
last=$(ls "$dir/certs" | tail -1)
case $action in
  -A) [ "$4 $5 $6" = "-t C,, -n" ] || exit 2; cp "$9" "$dir/certs/$(date +%s%N)" ;;
  -L) [ -n "$last" ] || exit 255; cat "$dir/certs/$last" ;;
  -D) [ -n "$last" ] || exit 255; rm "$dir/certs/$last" ;;
esac
"""


@pytest.fixture
def authority(tmp_path):
    return LocalAuthority.open(tmp_path / "state")


@pytest.fixture
def stores(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("certutil", CERTUTIL), ("update-ca-certificates", "#!/bin/sh\nexit 0\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    for folder in (".pki/nssdb", ".mozilla/firefox/ab12.default-esr", ".mozilla/firefox/cd34.second"):
        (tmp_path / "home" / folder).mkdir(parents=True)
        (tmp_path / "home" / folder / "cert9.db").touch()
    return TrustStores(tmp_path / "home", tmp_path / "system", f"{tools}:/usr/bin:/bin")


def states(steps):
    return [(step.store, step.state.value) for step in steps]


EVERYWHERE = ["system", "chromium", "firefox", "firefox"]


def test_installed_once_seen_and_taken_out(stores, authority):
    assert states(stores.show(authority.path)) == [(store, "absent") for store in EVERYWHERE]
    assert states(stores.install(authority.path)) == [(store, "done") for store in EVERYWHERE]
    assert states(stores.install(authority.path)) == [(store, "there") for store in EVERYWHERE]
    assert states(stores.show(authority.path)) == [(store, "there") for store in EVERYWHERE]
    assert (stores.system / "rekam.crt").read_bytes() == authority.path.read_bytes()
    assert (stores.system / "rekam.crt").stat().st_mode & 0o777 == 0o644
    assert states(stores.uninstall()) == [(store, "done") for store in EVERYWHERE]
    assert states(stores.uninstall()) == [(store, "absent") for store in EVERYWHERE]
    assert list(stores.system.iterdir()) == []


def test_an_older_authority_is_replaced(stores, authority, tmp_path):
    older = LocalAuthority.open(tmp_path / "older")
    list(stores.install(older.path))
    assert states(stores.install(authority.path)) == [(store, "done") for store in EVERYWHERE]
    for folder in stores.home.rglob("certs"):
        assert [file.read_bytes() for file in folder.iterdir()] == [authority.path.read_bytes()]


def test_a_missing_tool_and_a_locked_store_are_told_and_hinder_no_other(stores, authority, tmp_path):
    (stores.home / ".mozilla/firefox/ab12.default-esr/locked").touch()
    steps = list(stores.install(authority.path))
    assert [step.state for step in steps].count(StepState.DONE) == 3
    (failed,) = [step for step in steps if step.state is StepState.FAILED]
    assert "SEC_ERROR_BAD_DATABASE" in failed.detail
    assert "close the browser" in failed.remedy
    bare = TrustStores(stores.home, tmp_path / "system-2", "/nonexistent")
    for steps in (bare.install(authority.path), bare.uninstall(), bare.show(authority.path)):
        failed = [step for step in steps if step.store != "system"]
        assert {step.state for step in failed} == {StepState.FAILED}
        assert all("libnss3-tools" in step.remedy for step in failed)


def test_a_user_without_browsers_has_the_system_alone(tmp_path, stores, authority):
    nobody = TrustStores(tmp_path / "nobody", stores.system, stores.search_path)
    assert states(nobody.install(authority.path)) == [("system", "done")]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as sudo gives it")
def test_the_browsers_are_of_the_user_who_calls_sudo():
    assert TrustStores.of_user({"SUDO_USER": "daemon"}).home == Path(pwd.getpwnam("daemon").pw_dir)
    assert TrustStores.of_user({}).home == Path.home()
