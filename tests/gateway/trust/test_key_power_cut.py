"""The process ends at each step that a change of the keys makes on the disk: the keys stand as before, or as after."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gateway.trust import KeyStore, RevocationReason, TrustAnchors, verify_chain
from tests.gateway.trust.key_bench import Authority, Chain, file_store, pem, soft_token, token_store
from tests.gateway.trust.signed_captures import NOON, moment

NOW = moment()
STEPS = frozenset({"open", "os.rename", "os.remove", "tempfile.mkstemp", "os.mkdir", "os.listdir"})
"""Audit events (PEP 578) of all that Python asks of files; the process ends before the step is made."""
AUTHORITY = Authority(NOON)


def install(store: KeyStore) -> None:
    issued = AUTHORITY.issue(store.certificate_request())
    store.install(pem(issued, AUTHORITY.certificate, AUTHORITY.root), NOW)


def rotate(store: KeyStore) -> None:
    store.rotate(NOW)
    store.destroy_retired(after_s=0)


CHANGES: dict[str, Callable[[KeyStore], object]] = {
    "create": lambda store: store.create(NOW),
    "install": install,
    "rotate": rotate,
    "revoke": lambda store: store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", lambda: NOW),
}


def ended_before(step: int, folder: Path, work: Callable[[], object]) -> bool:
    """Run `work` in a process that ends itself before its step number `step` in `folder`; whether it came so far."""
    child = os.fork()
    if child == 0:
        seen, root = [0], str(folder)

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if event in STEPS and any(str(each).startswith(root) for each in arguments):
                seen[0] += 1
                if seen[0] == step:
                    os._exit(77)

        try:
            sys.addaudithook(watch)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 77), "the change failed by itself"
    return code == 77


def outline(store: KeyStore) -> tuple[object, ...]:
    """What a change changes, whatever key is made."""
    bundle = store.trust_bundle()
    revoked = [each.public.revocation is not None for each in store.records()]
    return [each.state.value for each in store.records()], revoked, len(store.certificates), len(bundle.key_ids)


def tried_at_every_step(open_store: Callable[[Path, Chain], KeyStore], change: str, folder: Path) -> int:
    step, outlines = 0, []
    while True:
        step += 1
        place, chain = folder / f"step-{step}", Chain()
        store = open_store(place, chain)
        chain.grow(store, 2)
        before = outline(store)
        store.close()

        def work(place: Path = place, chain: Chain = chain) -> None:
            CHANGES[change](open_store(place, chain))

        if not ended_before(step, place, work):
            after = outline(open_store(place, chain))
            break
        again = open_store(place, chain)
        outlines.append(outline(again))
        if not again.record(again.key_id).public.revocation:
            chain.grow(again, 1)
            again.rotate(NOW)  # whatever was left behind, the keys can be used and changed
            chain.grow(again, 1)
        assert verify_chain(chain.signed, TrustAnchors.from_pem(again.trust_bundle().certificates_pem)).ok
        again.close()
    assert before != after
    assert all(each in (before, after) for each in outlines)
    assert outlines[0] == before
    return step - 1


@pytest.mark.parametrize("change", CHANGES)
def test_keys_in_files_survive_a_power_cut_at_every_step(tmp_path, change):
    assert tried_at_every_step(file_store, change, tmp_path) >= 4


def test_the_first_start_may_end_anywhere(tmp_path):
    step = 0
    while ended_before(step + 1, tmp_path / f"{step + 1}", partial(file_store, tmp_path / f"{step + 1}")):
        step += 1
        chain = Chain()
        store = file_store(tmp_path / f"{step}", chain)
        chain.grow(store)
        assert file_store(tmp_path / f"{step}").key_id == store.key_id
    assert step >= 5


def test_a_module_rotation_survives_a_power_cut_at_every_step(tmp_path, monkeypatch):
    token = soft_token(tmp_path, monkeypatch)
    steps = tried_at_every_step(lambda place, chain: token_store(place, token, chain), "rotate", tmp_path)
    assert steps >= 3


def test_a_full_disk_changes_nothing_and_says_so(tmp_path):
    """A folder that takes no more files stands for it; root may write there all the same."""
    chain = Chain()
    store = file_store(tmp_path, chain)
    chain.grow(store)
    records, first = store.records(), store.key_id
    limit = (tmp_path / "keys" / "keys.json").stat().st_size - 1
    child = os.fork()
    if child == 0:
        import resource
        import signal

        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails with EFBIG in the middle, as with ENOSPC
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            failed = 0
            for change in CHANGES.values():
                try:
                    change(store)
                except Exception as error:
                    failed += "cannot be written" in str(error) and "Free space" in str(error)
            try:
                chain.grow(store)
            except Exception as error:
                failed += "revoked" in str(error)  # refused at once, though the disk did not take it
            os._exit(100 + failed if store.records() == records else 1)
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 100 + len(CHANGES) + 1
    again = file_store(tmp_path, chain)
    assert again.records() == records
    assert again.key_id == first
    chain.grow(again)
    assert not list((tmp_path / "keys").glob(".*"))
