"""Packets by keys of every kind: self-signed, below an authority, in a module; rotated in between, and revoked."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.packet import (
    CaptureChanged,
    PacketPart,
    PacketPlace,
    SealBroken,
    SignerRevoked,
    SignerUnknown,
    open_packet,
    seal_packet,
    verify_packet,
)
from gateway.packet.layout import read_front
from gateway.trust import (
    CheckStatus,
    ClockQuality,
    KeyExpired,
    KeyRevoked,
    KeyStore,
    RevocationReason,
    Signer,
    SigningKey,
    TrustAnchors,
    read_signature,
)
from gateway.trust.certificate import certificate_request
from tests.gateway.packet.packets import PLACE, centre_key, enrolment, private_pem, recipient, seal, statement
from tests.gateway.packet.test_example import run
from tests.gateway.trust.key_bench import DAY, Authority, Chain, file_store, pem, soft_token, token_store, usage_of
from tests.gateway.trust.signed_captures import NOON, moment

NOW = moment()
ROOT = Authority(NOON)
SECOND = Authority(NOON, (ROOT.key, ROOT.certificate))
THIRD = Authority(NOON, (SECOND.key, SECOND.certificate))
ISSUERS = (
    (ROOT, (ROOT.certificate,)),
    (ROOT, (ROOT.certificate, ROOT.root)),
    (SECOND, (SECOND.certificate, ROOT.certificate, ROOT.root)),
    (THIRD, (THIRD.certificate, SECOND.certificate, ROOT.certificate, ROOT.root)),
)
"""Who issues, and what travels behind the gateway's certificate: chains of two to five."""


def opens(path: Path, bundle: str, folder: Path) -> tuple[int, str]:
    """What the example says of a packet: its status and its words."""
    (folder / "centre.pem").write_bytes(private_pem())
    (folder / "bundle.pem").write_text(bundle)
    done = run(path, "--key", folder / "centre.pem", "--out", folder / "out", "--trust", folder / "bundle.pem")
    return done.returncode, done.stderr


def sealed_by(store: Signer, folder: Path, **changes: object) -> Path:
    made = enrolment(1, record_bytes=20_000, key=store)
    made = replace(made, statement=replace(made.statement, **changes))
    return seal(folder / "p.rekam", made, key=store).path


def certified(store: KeyStore, length: int) -> KeyStore:
    if length > 1:
        authority, issuers = ISSUERS[length - 2]
        store.install(pem(authority.issue(store.certificate_request()), *issuers), NOW)
    return store


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_a_chain_of_one_to_five_is_believed_by_either_bundle(tmp_path, length):
    store = certified(file_store(tmp_path), length)
    path = sealed_by(store, tmp_path)
    with path.open("rb") as file:
        assert len(read_signature(read_front(file).seal_bytes, "rekam-packet-seal+jws").certificates) == length
    bundles = [store.trust_bundle().certificates_pem]
    if length > 1:
        bundles.append(pem(ISSUERS[length - 2][1][-1]))
    for number, bundle in enumerate(bundles):
        anchors = TrustAnchors.from_pem(bundle)
        report = verify_packet(path, anchors, now=NOON)
        assert report.ok, report.failures
        assert not report.warnings
        with open_packet(path, centre_key(), anchors) as packet:
            packet.check_captures(anchors)
        folder = tmp_path / str(number)
        folder.mkdir()
        assert opens(path, bundle, folder)[0] == 0


def test_another_authority_vouches_for_nobody(tmp_path):
    path = sealed_by(certified(file_store(tmp_path), 3), tmp_path)
    stranger = Authority(NOON)
    bundle = pem(stranger.certificate, stranger.root)
    assert isinstance(verify_packet(path, TrustAnchors.from_pem(bundle), now=NOON).fault, SignerUnknown)
    status, words = opens(path, bundle, tmp_path)
    assert (status, "outside the trust bundle" in words) == (3, True)


def test_a_gateways_certificate_vouches_for_no_other(tmp_path):
    """A gateway below an authority that everybody trusts makes an authority of its own, with its own key."""
    greedy = ec.generate_private_key(ec.SECP256R1())
    issued = ROOT.issue(certificate_request(greedy, "kedoya-9"))
    forged = Authority(NOON, (greedy, issued))
    private_key = ec.generate_private_key(ec.SECP256R1())
    leaf = forged.issue(certificate_request(private_key, "kedoya-1"))
    key = SigningKey(private_key, leaf, (forged.certificate, issued, ROOT.certificate, ROOT.root))
    path = seal(tmp_path / "p.rekam", enrolment(0), key=key).path
    report = verify_packet(path, TrustAnchors.from_pem(pem(ROOT.root)), now=NOON)
    assert isinstance(report.fault, SealBroken)
    assert "may not issue certificates" in str(report.fault)
    status, words = opens(path, pem(ROOT.root), tmp_path)
    assert (status, "may not issue certificates" in words) == (3, True)


def test_an_authority_does_not_seal_itself(tmp_path):
    private_key = ec.generate_private_key(ec.SECP256R1())
    usage = usage_of(digital_signature=True, key_cert_sign=True)
    leaf = ROOT.issue(certificate_request(private_key, "kedoya-1"), ca=True, usage=usage)
    path = seal(tmp_path / "p.rekam", enrolment(0), key=SigningKey(private_key, leaf, (ROOT.certificate,))).path
    report = verify_packet(path, TrustAnchors.from_pem(pem(ROOT.root)), now=NOON)
    assert isinstance(report.fault, SealBroken)
    assert opens(path, pem(ROOT.root), tmp_path)[0] == 3


def test_an_issuer_that_was_over_vouches_for_nothing(tmp_path):
    store = certified(file_store(tmp_path), 3)
    with pytest.raises(KeyExpired):
        sealed_by(store, tmp_path, time=moment(NOON + 400 * DAY))

    class Careless:
        """Seals without a look at the dates."""

        def __getattr__(self, name: str) -> object:
            return getattr(store.current(), name)

        def current(self) -> "Careless":
            return self

        def check_validity(self, now: object) -> None:
            return

    path = sealed_by(Careless(), tmp_path, time=moment(NOON + 400 * DAY))
    report = verify_packet(path, now=NOON + 401 * DAY)
    assert isinstance(report.fault, SealBroken)
    assert "was not valid at the time" in str(report.fault)
    assert opens(path, store.trust_bundle().certificates_pem, tmp_path)[0] == 3


def test_a_key_in_a_module_seals_with_its_chain(tmp_path, monkeypatch):
    store = certified(token_store(tmp_path, soft_token(tmp_path, monkeypatch)), 3)
    try:
        path = sealed_by(store, tmp_path)
    finally:
        store.close()
    anchors = TrustAnchors.from_pem(pem(ROOT.root))
    assert verify_packet(path, anchors, now=NOON).ok
    with open_packet(path, centre_key(), anchors) as packet:
        packet.check_captures(anchors)
    assert opens(path, pem(ROOT.root), tmp_path)[0] == 0


def test_a_rotation_in_between_leaves_one_key_in_a_packet(tmp_path):
    store = file_store(tmp_path)
    first, made = store.key_id, enrolment(1, record_bytes=20_000, key=store)

    def rotate() -> bytes:
        if store.key_id == first:
            store.rotate(NOW)
        return b"x" * 70_000

    class Rotating:
        def read(self, size: int) -> bytes:
            content, self.content = self.content[:size], self.content[size:]
            return content

        def __enter__(self) -> "Rotating":
            self.content = rotate()
            return self

        def __exit__(self, *exc: object) -> None: ...

    last = replace(PacketPart.of("last.bin", "x/y", b"x" * 70_000), open=Rotating)
    sealed = seal(tmp_path / "p.rekam", replace(made, parts=(*made.parts, last)), key=store)
    assert store.key_id != first
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    with open_packet(sealed.path, centre_key(), anchors) as packet:
        packet.check_captures(anchors)
        assert packet.read("last.bin") == b"x" * 70_000
    assert f"key {first}" in verify_packet(sealed.path, anchors, now=NOON).checks[3].detail


def test_keys_that_rotate_while_many_are_sealed_never_mix(tmp_path):
    store, over = file_store(tmp_path), threading.Event()

    def rotate() -> None:
        while not over.is_set():
            store.rotate(NOW)

    thread = threading.Thread(target=rotate)
    thread.start()
    try:
        for number in range(8):
            made = enrolment(0)
            seal(
                tmp_path / f"{number}.rekam",
                made,
                key=store,
                place=PacketPlace("c", number + 1, "ab" * 32 if number else None),
            )
    finally:
        over.set()
        thread.join()
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    for path in tmp_path.glob("*.rekam"):
        with open_packet(path, centre_key(), anchors):
            assert verify_packet(path, anchors, now=NOON).ok


REVOKED = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("created", "status"),
    [
        (moment(), CheckStatus.WARNING),
        (moment(REVOKED + timedelta(hours=1)), CheckStatus.FAILED),
        (moment(quality=ClockQuality.UNTRUSTED), CheckStatus.FAILED),
    ],
)
def test_what_a_revoked_key_sealed_is_a_warning_before_and_a_failure_after(tmp_path, created, status):
    chain = Chain()
    chain.signed = [b"a capture"] * 5  # the capture in the packet is the first of them
    store = file_store(tmp_path, chain)
    path = sealed_by(store, tmp_path, time=created)
    store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "stolen", lambda: moment(REVOKED))
    bundle = store.trust_bundle().certificates_pem
    anchors = TrustAnchors.from_pem(bundle)
    report = verify_packet(path, anchors, now=NOON + DAY)
    (check,) = (each for each in report.checks if each.name == "trusted_key")
    assert check.status is status
    assert "revoked on 2026-03-04 13:00 UTC (key_compromise)" in check.detail
    said, words = opens(path, bundle, tmp_path)
    assert "was revoked on 2026-03-04 (key_compromise)" in words
    if status is CheckStatus.WARNING:
        assert report.ok
        with open_packet(path, centre_key(), anchors):
            assert said == 0
    else:
        assert isinstance(report.fault, SignerRevoked)
        with pytest.raises(SignerRevoked, match="cannot be believed"), open_packet(path, centre_key(), anchors):
            pass
        assert said == 3


def test_a_capture_by_a_key_that_was_revoked_before_is_named(tmp_path):
    store = file_store(tmp_path)
    made = enrolment(1, record_bytes=20_000, key=store)
    store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "", lambda: moment(NOON - DAY))
    with pytest.raises(KeyRevoked):
        seal(tmp_path / "p.rekam", made, key=store)
    assert not (tmp_path / "p.rekam").exists()
    store.rotate(NOW)
    path = seal(tmp_path / "p.rekam", made, key=store).path
    bundle = store.trust_bundle().certificates_pem
    anchors = TrustAnchors.from_pem(bundle)
    assert verify_packet(path, anchors, now=NOON).ok
    with (
        open_packet(path, centre_key(), anchors) as packet,
        pytest.raises(CaptureChanged, match=r"capture-1 cannot be believed: .* was revoked"),
    ):
        packet.check_captures(anchors)
    status, words = opens(path, bundle, tmp_path)
    assert status == 3
    assert "capture capture-1" in words


def test_a_bundle_with_a_damaged_revocation_opens_nothing(tmp_path):
    store = file_store(tmp_path)
    path = sealed_by(store, tmp_path)
    store.revoke(store.key_id, RevocationReason.SUPERSEDED, "", lambda: moment(REVOKED))
    begin = "BEGIN REKAM KEY REVOCATION-----\n"
    bundle = store.trust_bundle().certificates_pem.replace(begin, f"{begin}!")
    with pytest.raises(ValueError, match=r"damaged|PEM"):
        TrustAnchors.from_pem(bundle)
    assert opens(path, bundle, tmp_path)[0] == 2
    assert not (tmp_path / "out").exists()


def test_no_signature_is_made_but_those_of_the_packet(tmp_path):
    class Counting:
        """A key that counts what it signs: a module is slow, and a seal of zeros is nobody's to have."""

        def __init__(self, key: Signer) -> None:
            self.key, self.signed = key, list[bytes]()

        def __getattr__(self, name: str) -> object:
            return getattr(self.key, name)

        def current(self) -> "Counting":
            return self

        def sign(self, data: bytes) -> bytes:
            self.signed.append(data)
            return self.key.sign(data)

    counting = Counting(file_store(tmp_path).current())
    sealed = seal_packet(tmp_path / "p.rekam", statement(), [], [recipient()], counting, PLACE)
    assert len(counting.signed) == 2
    assert verify_packet(sealed.path, now=NOON).ok
