import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.trust import TrustAnchors, open_signing_key
from tests.gateway.duplicates.recorded_people import NEXT_DOOR


@pytest.fixture(scope="module")
def our_key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def their_key(tmp_path_factory):
    return open_signing_key(tmp_path_factory.mktemp("keys"), NEXT_DOOR)


@pytest.fixture(scope="module")
def anchors(their_key):
    return TrustAnchors.from_pem(their_key.trust_bundle().certificates_pem)
