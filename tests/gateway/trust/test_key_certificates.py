"""Certificates from an authority: what is no answer to the request is refused by name; what is, is trusted."""

import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.certificate_parts import key_usage
from gateway.trust import (
    CertificateUnfit,
    ChainFault,
    CheckStatus,
    KeyExpired,
    RevocationReason,
    SigningKey,
    TrustAnchors,
    expiry_notice,
    read_signature,
    verify_capture,
    verify_chain,
)
from gateway.trust.certificate import check_issuance, self_signed_certificate
from tests.gateway.trust.key_bench import (
    DAY,
    Authority,
    Chain,
    file_store,
    files_of,
    openssl,
    openssl_verifies,
    pem,
    subject_of,
    usage_of,
)
from tests.gateway.trust.signed_captures import BLOBS, NOON, moment

NOW = moment()
AUTHORITY = Authority(NOON)
BELOW = (AUTHORITY.certificate, AUTHORITY.root)


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def store(tmp_path, chain):
    return file_store(tmp_path, chain)


def status(jws: bytes, anchors: TrustAnchors | None, name: str = "trusted_key") -> CheckStatus:
    report = verify_capture(jws, BLOBS, anchors, now=NOON)
    (check,) = (each for each in report.checks if each.name == name)
    return check.status


def test_the_request_holds_for_openssl_and_asks_for_what_is_needed(store):
    request = store.certificate_request()
    told = openssl("req", "-verify", "-noout", "-text", text=request)
    for words in ("verify OK", "CN = Rekam gateway kedoya-1", "Digital Signature", "CA:FALSE", "P-256"):
        assert words in told
    assert x509.load_pem_x509_csr(request.encode()).public_key() == store.certificates[0].public_key()


def test_a_pending_key_gets_its_certificate_and_signs_once_it_is_rotated_to(tmp_path, store, chain):
    known_before = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    chain.grow(store, 2)
    pending = store.create(NOW)
    issued = AUTHORITY.issue(store.certificate_request())
    record = store.install(pem(issued, *BELOW), NOW)
    assert record.key_id == pending.key_id
    assert store.key_id != pending.key_id
    assert store.install(pem(issued, *BELOW), NOW) == record  # the same once more is the same
    chain.grow(store, 1)
    assert store.rotate(NOW).key_id == pending.key_id
    chain.grow(store, 2)

    assert read_signature(chain.signed[-1]).certificates == (issued, *BELOW)
    anchors = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    assert verify_chain(chain.signed, anchors).ok
    assert verify_chain(chain.signed, known_before.extended(store.trust_bundle().certificates_pem)).ok
    assert openssl_verifies(chain.signed[-1], tmp_path)
    assert file_store(tmp_path, chain).certificates == (issued, *BELOW)


def test_an_active_key_gets_another_certificate_and_vouches_for_it(store, chain):
    known_before = TrustAnchors.from_pem(store.trust_bundle().certificates_pem)
    chain.grow(store, 2)
    issued = AUTHORITY.issue(store.certificate_request())
    assert store.install(pem(issued, *BELOW), NOW).key_id == store.key_id
    chain.grow(store, 2)
    bundle = store.trust_bundle()
    assert bundle.key_ids == (store.key_id,)
    assert verify_chain(chain.signed, TrustAnchors.from_pem(bundle.certificates_pem)).ok
    assert status(chain.signed[-1], known_before) is CheckStatus.FAILED
    assert status(chain.signed[-1], known_before.extended(bundle.certificates_pem)) is CheckStatus.PASSED
    assert json.loads(json.dumps(bundle.jwks))["keys"][0]["x5c"][0]


def test_an_authority_vouches_for_whom_it_issued_to_and_a_pinned_signer_does_not(tmp_path, store, chain):
    store.install(pem(AUTHORITY.issue(store.certificate_request()), *BELOW), NOW)
    (jws,) = chain.grow(store)
    for authority in BELOW:
        assert status(jws, TrustAnchors.from_pem(pem(authority))) is CheckStatus.PASSED
    assert status(jws, TrustAnchors.from_pem(pem(Authority(NOON).root))) is CheckStatus.FAILED
    neighbour = file_store(tmp_path / "neighbour")
    neighbour.install(pem(AUTHORITY.issue(neighbour.certificate_request()), *BELOW), NOW)
    known = TrustAnchors.from_pem(neighbour.trust_bundle().certificates_pem)
    assert status(jws, known) is CheckStatus.FAILED


def other_key_request() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(subject_of("Rekam gateway kedoya-1"))
    return request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


UNFIT = {
    "another key": (lambda csr: pem(AUTHORITY.issue(other_key_request()), *BELOW), "that of another key"),
    "another gateway": (
        lambda csr: pem(AUTHORITY.issue(csr, subject=subject_of("Rekam gateway kedoya-2")), *BELOW),
        "names 'kedoya-2'",
    ),
    "no gateway": (lambda csr: pem(AUTHORITY.issue(csr, subject=subject_of("Desk PC")), *BELOW), "names 'CN=Desk PC'"),
    "over": (lambda csr: pem(AUTHORITY.issue(csr, end=NOON - timedelta(hours=1)), *BELOW), "valid from"),
    "not yet": (lambda csr: pem(AUTHORITY.issue(csr, start=NOON + DAY), *BELOW), "Set the clock"),
    "issuer over": (
        lambda csr: pem(
            (old := Authority(NOON - 4000 * DAY)).issue(csr, start=NOON - DAY, end=NOON + DAY),
            old.certificate,
            old.root,
        ),
        "valid from",
    ),
    "root first": (lambda csr: pem(*reversed((AUTHORITY.issue(csr), *BELOW))), "does not come first"),
    "issuers in disorder": (lambda csr: pem(AUTHORITY.issue(csr), *reversed(BELOW)), "do not follow in order"),
    "issuer missing": (lambda csr: pem(AUTHORITY.issue(csr)), "is missing"),
    "a link missing": (lambda csr: pem(AUTHORITY.issue(csr), AUTHORITY.root), "do not follow in order"),
    "another authority's": (lambda csr: pem(AUTHORITY.issue(csr), Authority(NOON).certificate), "verify under"),
    "no usage": (lambda csr: pem(AUTHORITY.issue(csr, usage=None), *BELOW), "may be used for"),
    "wrong usage": (lambda csr: pem(AUTHORITY.issue(csr, usage=usage_of(key_agreement=True)), *BELOW), "may not sign"),
    "an authority's": (
        lambda csr: pem(
            AUTHORITY.issue(csr, ca=True, usage=usage_of(digital_signature=True, key_cert_sign=True)), *BELOW
        ),
        "that of an authority",
    ),
    "no PEM": (lambda csr: "not a certificate", "no chain of certificates in PEM"),
    "the request": (lambda csr: csr, "no chain of certificates in PEM"),
    "cut": (lambda csr: pem(AUTHORITY.issue(csr))[:300], "no chain of certificates in PEM"),
    "a private key": (lambda csr: "-----BEGIN PRIVATE KEY-----\n", "holds a private key"),
    "too long": (lambda csr: pem(AUTHORITY.issue(csr), *BELOW, *BELOW, *BELOW), "at most 5"),
    "not ASCII": (lambda csr: "é" + pem(*BELOW), "no chain of certificates in PEM"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_is_wrong_with_a_certificate_is_said_and_nothing_changes(tmp_path, store, case):
    answer, words = UNFIT[case]
    before = files_of(tmp_path / "keys")
    with pytest.raises(CertificateUnfit, match=words) as refusal:
        store.install(answer(store.certificate_request()), NOW)
    assert refusal.value.reason == "CERTIFICATE_UNFIT"
    assert refusal.value.remedy
    assert files_of(tmp_path / "keys") == before


def test_a_capture_under_an_issuer_that_was_over_by_then_fails(store, chain):
    store.install(pem(AUTHORITY.issue(store.certificate_request(), end=NOON + DAY), *BELOW), NOW)
    (jws,) = chain.grow(store)
    assert status(jws, None, "certificate") is CheckStatus.PASSED
    with pytest.raises(KeyExpired):
        chain.grow(store, 1, NOON + 2 * DAY)
    assert store.expiry_notice(NOW).days == 1
    assert expiry_notice(store.certificates[1].not_valid_after_utc, NOON) is None


def test_a_chain_in_the_header_that_does_not_hold_fails(store, chain, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = self_signed_certificate(key, "kedoya-1", NOON - DAY)
    forged = SigningKey(key, leaf, BELOW)  # as if the authority had issued it
    (jws,) = Chain().grow(forged)
    assert status(jws, TrustAnchors.from_pem(pem(AUTHORITY.root)), "certificate") is CheckStatus.FAILED
    for authority in BELOW:
        anchors = TrustAnchors.from_pem(pem(authority))
        assert not verify_capture(jws, BLOBS, anchors, now=NOON).ok
        assert verify_chain([jws], anchors).first.fault is ChainFault.UNTRUSTED
    own = TrustAnchors.from_pem(pem(AUTHORITY.root))
    assert not own.hold(AUTHORITY.certificate, (AUTHORITY.root,))  # an authority signs no captures


def issued_down(*authorities: tuple[str, int | None]) -> list[x509.Certificate]:
    """A gateway's certificate, then its authorities, the root last; named root first, each with its path length."""
    chain: list[x509.Certificate] = []
    signer, issued_by = None, None
    for name, path_length in (*authorities, ("Rekam gateway kedoya-1", None)):
        is_leaf = name.startswith("Rekam")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject_of(name))
            .issuer_name(issued_by or subject_of(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOON - DAY)
            .not_valid_after(NOON + DAY)
            .add_extension(x509.BasicConstraints(not is_leaf, path_length), critical=True)
            .add_extension(key_usage("digital_signature" if is_leaf else "key_cert_sign"), critical=True)
            .sign(signer or key, hashes.SHA256())
        )
        chain.insert(0, certificate)
        signer, issued_by = key, certificate.subject
    return chain


def held_by(anchor: x509.Certificate, chain: list[x509.Certificate]) -> bool:
    return TrustAnchors.from_pem(pem(anchor)).hold(chain[0], tuple(chain[1:]))


@pytest.mark.parametrize(
    "authorities",
    [
        [("root", 1), ("region", 0)],
        [("root", None), ("region", None), ("city", None)],
        [("root", 1), ("region", 0), ("region", 0)],  # the same authority under its next key does not count
    ],
)
def test_authorities_within_the_path_length_vouch(authorities):
    *chain, root = issued_down(*authorities)
    check_issuance([*chain, root])
    assert held_by(root, chain)
    assert held_by(root, [*chain, root])


@pytest.mark.parametrize(
    "authorities",
    [
        [("root", 1), ("region", 0), ("rogue", None)],
        [("root", 1), ("region", None), ("rogue", None)],
        [("root", None), ("region", 0), ("city", 5), ("rogue", None)],
    ],
)
def test_an_authority_beyond_the_path_length_vouches_for_nobody(authorities):
    *chain, root = issued_down(*authorities)
    with pytest.raises(ValueError, match="may not have so many authorities below it"):
        check_issuance([*chain, root])
    assert not held_by(root, chain)
    assert not held_by(root, [*chain, root])
    assert held_by(chain[1], chain)  # whoever trusts that one itself


def test_an_expired_key_takes_a_new_certificate_without_vouching(store, chain):
    late = moment(NOON + 800 * DAY)
    issued = Authority(late.wall).issue(store.certificate_request())
    with pytest.raises(CertificateUnfit, match="is missing"):
        store.install(pem(issued), late)
    authority = Authority(late.wall)
    record = store.install(
        pem(authority.issue(store.certificate_request()), authority.certificate, authority.root), late
    )
    assert record.public.succession == ()
    assert chain.grow(store, 1, late.wall)


def test_openssl_reads_the_certificates_of_a_bundle_and_passes_over_the_rest(tmp_path, store, chain):
    own = tmp_path / "own.pem"
    own.write_text(pem(*store.certificates))
    assert openssl("verify", "-check_ss_sig", "-no_check_time", "-trusted", own, own).strip().endswith("OK")
    first = store.key_id
    assert openssl_verifies(chain.grow(store)[0], tmp_path)
    store.rotate(NOW)
    store.revoke(first, RevocationReason.SUPERSEDED, "", lambda: NOW)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(store.trust_bundle().certificates_pem)
    assert "REKAM KEY SUCCESSION" in bundle.read_text()
    assert "REKAM KEY REVOCATION" in bundle.read_text()
    openssl("crl2pkcs7", "-nocrl", "-certfile", bundle, "-out", tmp_path / "all.p7")
    printed = openssl("pkcs7", "-in", tmp_path / "all.p7", "-print_certs", "-noout")
    assert printed.count("subject=CN = Rekam gateway kedoya-1") == 2
