"""The page that issuers read says what the program does."""

import re
from pathlib import Path

import pytest

from gateway.card_profile import (
    CONTENTS,
    DF_OPERATIONS,
    EF_OPERATIONS,
    Condition,
    FindingLevel,
    builtin_profiles,
    card_image,
    check_seal,
    lint,
    read_profile,
)
from gateway.card_profile.biodata import SALT_TAG, TAGS
from tests.gateway.card_profile.persons import NOW, SERIAL, person, reduced, signing_key, trust
from tests.gateway.card_profile.test_profile_lint import BY_RULE

PAGE = (Path(__file__).parents[3] / "docs" / "card-profiles.md").read_text(encoding="utf-8")


def test_the_profile_on_the_page_makes_cards():
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    profile = read_profile(text, "docs/card-profiles.md")
    assert [each for each in lint(profile) if each.level is FindingLevel.ERROR] == []
    image = card_image(profile, person(), signing_key(), at=NOW, reduced=reduced, chip_serial=SERIAL)
    assert check_seal(profile, image.contents, trust(), chip_serial=SERIAL).genuine


@pytest.mark.parametrize(
    "word",
    [
        *builtin_profiles(),
        *CONTENTS,
        *(name for kind in CONTENTS.values() for name in kind.options),
        *BY_RULE,
        *(each.value for each in (*DF_OPERATIONS, *EF_OPERATIONS, *Condition)),
    ],
)
def test_every_word_is_on_the_page(word):
    assert f"`{word}`" in PAGE


def test_every_tag_of_biodata_is_on_the_page():
    for tag in (*TAGS.values(), SALT_TAG):
        assert re.search(rf"\b{tag:02X}\b", PAGE)
