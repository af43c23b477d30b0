from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.trust import SigningKey, TrustAnchors, open_signing_key
from tests.gateway.forwarding.outbox import Outbox
from tests.gateway.forwarding.scripted_centre import ScriptedCentre


@pytest.fixture(scope="session")
def centre_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return open_signing_key(tmp_path_factory.mktemp("centre-keys"), "centre-1")


@pytest.fixture(scope="session")
def anchors(centre_key: SigningKey) -> TrustAnchors:
    return TrustAnchors.from_pem(centre_key.trust_bundle().certificates_pem)


@pytest.fixture
def centre(centre_key: SigningKey) -> ScriptedCentre:
    return ScriptedCentre(centre_key)


@pytest.fixture
def office(tmp_path: Path, centre: ScriptedCentre, anchors: TrustAnchors) -> Iterator[Callable[..., Outbox]]:
    made: list[Outbox] = []

    def make(**settings: Any) -> Outbox:
        made.append(Outbox(tmp_path / f"state-{len(made)}", settings.pop("way", centre), anchors, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()
