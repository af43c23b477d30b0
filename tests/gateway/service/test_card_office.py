"""What an office configures for its cards: what cannot be is said before anybody stands at the counter."""

from importlib.resources import files

import pytest

from gateway.config import CardSettings, ConfigError
from gateway.service.card_errors import CardProfileUnfit, CardProfileUnknown
from gateway.service.card_office import CardOffice
from gateway.service.card_profiles import CardProfiles, handed_in
from gateway.trust import KeyPlaces, KeyStore
from tests.gateway.trust.key_bench import Chain

SAMPLE = (files("gateway.card_profile") / "profiles" / "sample-id.toml").read_text(encoding="utf-8")


@pytest.fixture
def key(tmp_path):
    store = KeyStore.open(tmp_path / "keys", "kedoya-1", KeyPlaces(None, None), Chain().end)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (CardSettings(keys="pkcs11"), "card.keys"),
        (CardSettings(profiles="/nonexistent/profiles"), "card.profiles"),  # type: ignore[arg-type]
        (CardSettings(anchors="/nonexistent.pem"), "card.anchors"),  # type: ignore[arg-type]
        (CardSettings(issuers="/nonexistent.pem"), "card.issuers"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_named(tmp_path, key, settings, words):
    with pytest.raises(ConfigError, match=words):
        CardOffice.open(tmp_path, settings, key, KeyPlaces(None, None), synthetic=False)


def test_a_file_without_certificates_is_named(tmp_path, key):
    path = tmp_path / "csca.pem"
    path.write_text("nothing", encoding="ascii")
    with pytest.raises(ConfigError, match=r"csca\.pem"):
        CardOffice.open(tmp_path, CardSettings(anchors=path), key, KeyPlaces(None, None), synthetic=False)


def test_an_office_opens_again_on_what_it_left(tmp_path, key):
    for _ in range(2):
        office = CardOffice.open(tmp_path, CardSettings(), key, KeyPlaces(None, None), synthetic=False)
        assert office.warnings() == []
        office.close()


def test_an_offices_own_profile_takes_the_place_of_ours_and_a_broken_one_is_named(tmp_path):
    (tmp_path / "mine.toml").write_text(SAMPLE.replace("version = 1", "version = 2", 1), encoding="utf-8")
    (tmp_path / "torn.toml").write_text(SAMPLE[:200], encoding="utf-8")
    profiles = CardProfiles(tmp_path)
    assert profiles.named("sample-id").version == 2
    assert list(profiles.problems) == ["torn.toml"]
    with pytest.raises(CardProfileUnfit, match=r"torn\.toml"):
        profiles.named("torn")
    with pytest.raises(CardProfileUnknown, match="version 1"):
        profiles.of_job("sample-id", 1)
    with pytest.raises(CardProfileUnknown, match="pkcs15-demo"):
        profiles.named("none")


def test_the_offices_card_may_be_a_file_of_its_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SAMPLE.replace('"sample-id"', '"mine-id"', 1), encoding="utf-8")
    assert CardProfiles(None, str(path)).named("").name == "mine-id"
    assert CardProfiles(None, "sample-id").named("").name == "sample-id"
    with pytest.raises(CardProfileUnfit):
        CardProfiles(None, str(tmp_path / "gone.toml")).named("")


def test_what_an_issuer_hands_in_is_told():
    assert "sod" in handed_in(CardProfiles(None).named("icao-lds1"))
    assert handed_in(CardProfiles(None).named("sample-id")) == ()
