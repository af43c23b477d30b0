"""KeyService over a real gateway: keys change while captures are made, and whoever verifies can follow."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from rekam.v1 import capture_pb2 as cpb
from rekam.v1 import gateway_pb2 as gpb
from rekam.v1 import key_pb2 as pb

from gateway.service.key import KeyWatch
from gateway.spool import ChainHead, SignedCapture
from gateway.trust import (
    ChainPlace,
    KeyPlaces,
    KeyRevoked,
    KeyStore,
    RevocationReason,
    TrustAnchors,
    sign_manifest,
    verify_chain,
)
from gateway.trust.certificate import VALIDITY
from tests.gateway.client import Client, refused
from tests.gateway.left_spool import left_spool
from tests.gateway.running import connected, desk, running, synthetic
from tests.gateway.trust.key_bench import LABEL, MODULE, PIN, Authority, pem, soft_token
from tests.gateway.trust.signed_captures import manifest, moment


async def call(client: Client, method: str, **fields):
    return await client.unary("KeyService", method, getattr(pb, f"{method}Request")(**fields))


async def keys(client: Client) -> list[pb.Key]:
    return list((await call(client, "ListKeys")).keys)


async def bundle(client: Client) -> gpb.GetTrustBundleResponse:
    return await client.unary("GatewayService", "GetTrustBundle", gpb.GetTrustBundleRequest())


async def refusal(client: Client, method: str, **fields):
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call(client, method, **fields)
    return refused(error.value)


async def manifests(client: Client, *captures: cpb.Capture) -> list[bytes]:
    return [await client.download(each.capture_id, cpb.CAPTURE_PART_MANIFEST) for each in captures]


async def test_captures_go_on_across_a_rotation_and_a_certificate(tmp_path):
    async with desk(tmp_path, synthetic(1)) as client:
        known = TrustAnchors.from_pem((await bundle(client)).certificates_pem)
        captures = [await client.capture()]
        (first,) = await keys(client)
        assert (first.state, first.store) == (pb.KEY_STATE_ACTIVE, pb.KEY_STORE_KIND_FILE)

        created = (await call(client, "CreateKey")).key
        assert created.state == pb.KEY_STATE_PENDING
        request = (await call(client, "CreateCertificateRequest")).request_pem
        authority = Authority(datetime.now(UTC))
        chain = pem(authority.issue(request), authority.certificate, authority.root)
        installed = (await call(client, "InstallCertificate", certificates_pem=chain)).key
        assert (installed.key_id, installed.certificates_pem) == (created.key_id, chain)
        rotated = (await call(client, "RotateKey", active_key_id=first.key_id)).key
        assert (rotated.key_id, rotated.state, rotated.vouched_for) == (created.key_id, pb.KEY_STATE_ACTIVE, True)
        captures.append(await client.capture())
        await call(client, "RotateKey")
        captures.append(await client.capture())

        after = await bundle(client)
        assert after.active_key_id != rotated.key_id
        states = [key.state for key in await keys(client)]
        assert states == [pb.KEY_STATE_RETIRED, pb.KEY_STATE_RETIRED, pb.KEY_STATE_ACTIVE]
        signed = await manifests(client, *captures)
        assert verify_chain(signed, TrustAnchors.from_pem(after.certificates_pem)).ok
        assert verify_chain(signed, known.extended(after.certificates_pem)).ok
        for each in captures:
            assert (await client.verify(each.capture_id)).ok
    async with desk(tmp_path, synthetic(1)) as client:
        assert [key.state for key in await keys(client)] == states
        assert (await client.verify((await client.capture()).capture_id)).ok


async def test_the_same_request_twice_is_one_change(tmp_path):
    async with desk(tmp_path) as client:
        answers = [(await call(client, "RotateKey", idempotency_key="monday")).key for _ in range(2)]
        assert answers[0] == answers[1]
        assert len(await keys(client)) == 2
        again = await refusal(client, "RotateKey", idempotency_key="monday", abandon=True)
        assert again.reason == "INVALID_ARGUMENT"
        both = await asyncio.gather(
            *(call(client, "RotateKey", active_key_id=answers[0].key_id) for _ in range(2)), return_exceptions=True
        )
        lost = [refused(each).reason for each in both if isinstance(each, grpc.aio.AioRpcError)]
        assert lost == ["KEY_CHANGE_REFUSED"]  # of two supervisors at once, one
        assert len(await keys(client)) == 3


async def test_a_revoked_key_refuses_captures_until_it_is_rotated(tmp_path):
    async with desk(tmp_path, synthetic(1)) as client:
        before = await client.capture()
        (key,) = await keys(client)
        revoked = (
            await call(
                client,
                "RevokeKey",
                key_id=key.key_id,
                reason=pb.REVOCATION_REASON_KEY_COMPROMISE,
                note="PC stolen",
                idempotency_key="r",
            )
        ).key
        assert (revoked.revocation.note, revoked.revocation.last_sequence) == ("PC stolen", 1)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        found = refused(error.value)
        assert (found.reason, found.code.name) == ("KEY_REVOKED", "FAILED_PRECONDITION")
        assert "rekam keys rotate" in found.words["id"]
        warnings = [each.en for each in (await client.info()).warnings]
        assert any("revoked" in words for words in warnings)
        verified = await client.verify(before.capture_id)
        assert verified.ok
        assert {check.name for check in verified.checks if check.status == cpb.CHECK_STATUS_WARNING} >= {"trusted_key"}
        assert not (await call(client, "RotateKey")).key.vouched_for
        assert (await client.verify((await client.capture()).capture_id)).ok
        assert not any("revoked" in each.en for each in (await client.info()).warnings)


async def test_what_cannot_be_is_refused_by_name(tmp_path):
    async with desk(tmp_path) as client:
        (key,) = await keys(client)
        unfit = await refusal(client, "InstallCertificate", certificates_pem="no certificate")
        assert (unfit.reason, unfit.fields) == ("INVALID_ARGUMENT", ["certificates_pem"])
        assert (await refusal(client, "InstallCertificate")).reason == "INVALID_ARGUMENT"
        for method in ("RevokeKey", "CreateCertificateRequest"):
            assert (await refusal(client, method, key_id="nobody")).reason == "NOT_FOUND"
        wrong = await refusal(client, "RevokeKey", key_id=key.key_id, reason=17)
        assert wrong.reason == "INVALID_ARGUMENT"
        assert (await refusal(client, "RevokeKey", key_id=key.key_id, note="x" * 201)).fields == ["note"]
        assert (await refusal(client, "RotateKey", active_key_id="another")).reason == "KEY_CHANGE_REFUSED"
        await call(client, "CreateKey")
        assert (await refusal(client, "CreateKey")).reason == "KEY_CHANGE_REFUSED"
        assert len(await keys(client)) == 2


async def test_only_a_supervisor_changes_keys_and_everybody_sees_them(tmp_path):
    async with running(tmp_path, roles=["operator", "technician", "auditor"]) as gateway, connected(gateway) as client:
        (key,) = await keys(client)
        changes = {
            "CreateKey": {},
            "CreateCertificateRequest": {},
            "InstallCertificate": {"certificates_pem": key.certificates_pem},
            "RotateKey": {},
            "RevokeKey": {"key_id": key.key_id},
        }
        for method, fields in changes.items():
            denied = await refusal(client, method, **fields)
            assert (denied.reason, denied.metadata) == ("ROLE_DENIED", {"needed": "supervisor"})
        assert await keys(client) == [key]


async def test_a_module_that_goes_away_refuses_captures_and_comes_back(tmp_path, monkeypatch):
    (tmp_path / "hsm").mkdir()
    token = soft_token(tmp_path / "hsm", monkeypatch)
    monkeypatch.setenv("REKAM_KEY_PIN", PIN)
    key = {"store": "pkcs11", "module": MODULE, "token": LABEL}
    async with desk(tmp_path / "state", synthetic(1), key=key) as client:
        (made,) = await keys(client)
        assert made.store == pb.KEY_STORE_KIND_PKCS11
        captures = [await client.capture()]
        token.pull_out()
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.start()
        found = refused(error.value)
        assert (found.reason, found.code.name, found.retry_s) == ("KEY_UNAVAILABLE", "UNAVAILABLE", 5.0)
        listed = await call(client, "ListKeys")
        assert any("does not answer" in each.en for each in listed.warnings)
        assert any("tidak dapat dipakai" in each.id for each in (await client.info()).warnings)
        token.plug_in()
        captures.append(await client.capture())
        await call(client, "RotateKey")
        captures.append(await client.capture())
        assert not (await call(client, "ListKeys")).warnings
        signed = await manifests(client, *captures)
        assert verify_chain(signed, TrustAnchors.from_pem((await bundle(client)).certificates_pem)).ok
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert PIN.encode() not in stored


def test_the_end_of_a_certificate_is_announced(tmp_path):
    now = datetime.now(UTC)
    made = now.replace(microsecond=0) - VALIDITY + timedelta(days=5, hours=1)
    store = KeyStore.open(tmp_path, None, KeyPlaces(), now=moment(made))
    watch = KeyWatch(store)
    watch.look()
    (words,) = watch.warnings()
    notice = store.expiry_notice(moment(now.replace(microsecond=0)))
    assert notice is not None
    assert notice.days == 7
    assert words == notice.words
    fresh = KeyWatch(KeyStore.open(tmp_path / "fresh", None, KeyPlaces()))
    fresh.look()
    assert fresh.warnings() == []


@pytest.mark.parametrize("round_number", range(5))
def test_a_revocation_counts_in_the_capture_that_is_being_signed(tmp_path, round_number):
    with left_spool(tmp_path / "state") as spool:

        def end() -> ChainPlace:
            head = spool.head()
            return ChainPlace(head.chain_id, head.sequence)

        store = KeyStore.open(tmp_path / "keys", "kedoya-1", KeyPlaces(), end, moment())
        first, enough = threading.Event(), threading.Event()

        def signed(head: ChainHead) -> SignedCapture:
            made = manifest(head.next_sequence, head.previous, chain_id=head.chain_id)
            signature = sign_manifest(made, store)
            first.set()
            return SignedCapture(made.capture_id, signature.jws, signature.digest, ())

        def device() -> None:
            while not enough.is_set():
                try:
                    spool.append(signed)
                except KeyRevoked:
                    return

        threads = [threading.Thread(target=device) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert first.wait(60)
        record = store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", moment)
        for thread in threads:
            thread.join(60)
        enough.set()
        assert record.public.revocation is not None
        assert record.public.revocation.place == end()  # none came after it, and none before was left out
        anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
        assert verify_chain((each.jws for each in spool.captures()), anchors).ok
