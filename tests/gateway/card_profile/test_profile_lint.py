"""The linter: every rule once violated, and nothing said of what is right."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.card import SecurityLevel
from gateway.card_profile import (
    CardFile,
    CardProfile,
    Condition,
    Diversification,
    FindingLevel,
    HolderRule,
    Operation,
    builtin_profiles,
    lint,
    load_profile,
)
from tests.gateway.card_profile.persons import with_application, with_file, with_options

SAMPLE = load_profile("sample-id")
LDS = load_profile("icao-lds1")
PKCS15 = load_profile("pkcs15-demo")
MASTER = LDS.applications[0]
(IDENTITY,) = SAMPLE.applications
ROOM = Path(__file__).parents[3] / "gateway" / "card_profile"


def access(profile: CardProfile, name: str, **conditions: str) -> CardProfile:
    said = {Operation(key): Condition(value) for key, value in conditions.items()}
    return with_file(profile, name, access={**profile.file(name).access, **said})


def df_access(**conditions: str) -> CardProfile:
    said = {Operation(key): Condition(value) for key, value in conditions.items()}
    return with_application(SAMPLE, "identity", access={**IDENTITY.access, **said})


def files(*kept: CardFile, profile: CardProfile = SAMPLE) -> CardProfile:
    return with_application(profile, profile.applications[-1].name, files=kept)


def without(profile: CardProfile, *names: str) -> CardProfile:
    return replace(
        profile,
        applications=tuple(
            replace(each, files=tuple(file for file in each.files if file.name not in names))
            for each in profile.applications
        ),
    )


def channel(**changes: object) -> CardProfile:
    assert SAMPLE.channel is not None
    return replace(SAMPLE, channel=replace(SAMPLE.channel, **changes))


def second(**changes: object) -> CardProfile:
    """A second application, with a file of its own."""
    given = {"name": "second", "fid": 0x5300, "aid": b"\xf0SECOND", "files": (SAMPLE.file("certificate"),), **changes}
    other = replace(IDENTITY, **given)
    return replace(SAMPLE, applications=(other, IDENTITY))


HOLDER = SAMPLE.holder
assert HOLDER is not None
BY_RULE: dict[str, tuple[CardProfile, str]] = {
    "profile-empty": (replace(SAMPLE, applications=()), "profile"),
    "name-unique": (with_file(SAMPLE, "finger-2", name="finger-1"), "finger-1"),
    "application-empty": (second(files=()), "second"),
    "file-id-reserved": (with_file(SAMPLE, "portrait", fid=0x3FFF), "identity/portrait"),
    "file-id-unique": (with_file(SAMPLE, "portrait", fid=0x5201), "identity/portrait"),
    "sfi-range": (with_file(SAMPLE, "portrait", sfi=31), "identity/portrait"),
    "sfi-unique": (with_file(SAMPLE, "portrait", sfi=1), "identity/portrait"),
    "aid-length": (with_application(SAMPLE, "identity", aid=b"\xf0"), "identity"),
    "aid-unique": (second(aid=IDENTITY.aid), "second"),
    "aid-prefix": (second(aid=IDENTITY.aid[:6]), "second"),
    "master-aid": (with_application(LDS, "master", aid=b"\xf0REKAM"), "master"),
    "master-access": (with_application(LDS, "master", access=IDENTITY.access), "master"),
    "access-complete": (with_file(SAMPLE, "portrait", access={}), "identity/portrait"),
    "access-misplaced": (access(SAMPLE, "portrait", create_ef="never"), "identity/portrait"),
    "anybody-spoils": (access(SAMPLE, "portrait", terminate="always"), "identity/portrait"),
    "never-read": (access(SAMPLE, "portrait", read="never"), "identity/portrait"),
    "never-terminated": (df_access(terminate="never"), "profile"),
    "personal-public": (access(SAMPLE, "portrait", read="always"), "identity/portrait"),
    "public-idle": (with_file(SAMPLE, "portrait", public=True), "identity/portrait"),
    "holder-changes": (access(SAMPLE, "portrait", update="pin"), "identity/portrait"),
    "capacity": (replace(SAMPLE, capacity=4096), "profile"),
    "atr-any": (SAMPLE, "profile"),
    "atr-expression": (replace(SAMPLE, atr="3B(80"), "profile"),
    "content-known": (with_file(SAMPLE, "portrait", content="photograph", options={}), "identity/portrait"),
    "content-place": (with_file(SAMPLE, "certificate", content="pkcs15-dir"), "identity/certificate"),
    "content-once": (with_file(SAMPLE, "signature", content="portrait"), "identity/portrait"),
    "option": (with_options(SAMPLE, "portrait", coding="webp"), "identity/portrait"),
    "seal-named": (replace(SAMPLE, seal=""), "seal"),
    "unsealed": (replace(without(SAMPLE, "seal"), seal=""), "profile"),
    "seal-there": (replace(SAMPLE, seal="sael"), "profile"),
    "seal-signs": (replace(SAMPLE, seal="biodata"), "biodata"),
    "seal-last": (files(SAMPLE.files[-1], *SAMPLE.files[:-1]), "seal"),
    "seal-required": (with_file(SAMPLE, "seal", required=False), "seal"),
    "seal-one": (with_file(SAMPLE, "certificate", content="seal"), "certificate"),
    "seal-limit": (with_file(SAMPLE, "seal", limit=200), "seal"),
    "holder-unchecked": (replace(SAMPLE, holder=None), "profile"),
    "holder-template": (replace(SAMPLE, holder=HolderRule(("portrait",))), "portrait"),
    "holder-tries": (replace(SAMPLE, holder=replace(HOLDER, tries=5)), "profile"),
    "template-finger": (with_options(SAMPLE, "finger-1", wrapping="block"), "finger-1"),
    "template-limit": (with_file(SAMPLE, "finger-1", limit=150), "finger-1"),
    "template-twice": (
        with_file(
            with_options(
                with_options(SAMPLE, "finger-1", fingers=("right-index",)), "finger-2", fingers=("right-index",)
            ),
            "finger-2",
            required=True,
        ),
        "finger-2",
    ),
    "channel-missing": (replace(SAMPLE, channel=None), "identity"),
    "channel-plain": (replace(SAMPLE, channel=None), "profile"),
    "channel-answers": (channel(level=SecurityLevel.C_ENC), "profile"),
    "channel-clear": (channel(level=SecurityLevel.R_MAC), "profile"),
    "channel-weak": (channel(level=SecurityLevel.C_MAC), "profile"),
    "channel-one-key": (channel(diversification=Diversification.NONE), "profile"),
    "test-keys": (SAMPLE, "profile"),
    "lds-whole": (without(LDS, "com"), "profile"),
    "lds-seal": (replace(LDS, seal="dg1"), "dg1"),
    "pkcs15-whole": (without(PKCS15, "token-info"), "profile"),
    "pkcs15-id": (with_file(PKCS15, "objects", fid=0x5034), "objects"),
    "pkcs15-pin": (without(PKCS15, "pins"), "profile"),
    "pkcs15-order": (replace(PKCS15, applications=PKCS15.applications[::-1]), "profile"),
}


@pytest.mark.parametrize("rule", BY_RULE)
def test_every_rule_is_violated_once(rule):
    profile, place = BY_RULE[rule]
    found = [finding for finding in lint(profile) if finding.rule == rule]
    assert place in [finding.place for finding in found], [str(each) for each in lint(profile)]
    for finding in found:
        for text in (finding.text, finding.remedy):
            assert text.id
            assert text.en
            assert text.id != text.en


def test_every_rule_that_there_is_is_tried():
    source = "".join(path.read_text(encoding="utf-8") for path in (*ROOM.glob("lint_*.py"), ROOM / "profile_lint.py"))
    named = set(re.findall(r'(?<!holder_)(?:error|warning|_absent)\(\s*"([a-z0-9-]+)"', source))
    assert named == set(BY_RULE)


@pytest.mark.parametrize("name", builtin_profiles())
def test_what_is_shipped_has_no_error(name):
    found = lint(load_profile(name))
    assert [finding for finding in found if finding.level is FindingLevel.ERROR] == []
    assert {finding.rule for finding in found} <= {"atr-any", "test-keys"}


@pytest.mark.parametrize(
    "expression", ["3B8[0-9A-F]8001.*", "3B.8.?[^0-9]{2}", "3B.*A+B?.{2,}", "3B8A.{1,9}|3F[67]5.*", "[02468ACE-F]+"]
)
def test_expressions_of_answers_that_are_taken(expression):
    assert "atr" not in "".join(finding.rule for finding in lint(replace(SAMPLE, atr=expression)))


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "(([0-9A-F]+)+)+Z",
            "3B(80|81)",
            "(?:3B)+",
            pytest.param("(" * 20_000, id="deep"),
            "3B\\d",
            "^3B",
            ".*" * 5,
            ".?" * 40,
            "3b80",
        ),
        *("A{2}{3}", "A+?", "A*+", "A{,3}", "A{100}", "A{3,1}", "[F-0]", "[]", "[A-]", "*", "3B\n"),
    ],
)
def test_expressions_that_could_take_for_ever_or_are_none_are_refused(expression):
    found = [finding for finding in lint(replace(SAMPLE, atr=expression)) if finding.rule == "atr-expression"]
    assert [finding.level for finding in found] == [FindingLevel.ERROR]


@pytest.mark.parametrize(
    "expression", [".*.*.*.*A{30}[0-9]", "[0-9A-F]*.{0,99}A*.+A{30}B", "A?A?A?A?" + "A" * 66 + "B"]
)
def test_what_is_taken_is_decided_at_once_of_the_longest_answer(expression):
    assert "atr-expression" not in [finding.rule for finding in lint(replace(SAMPLE, atr=expression))]
    started = time.process_time()
    assert not re.fullmatch(expression, "A" * 66)
    assert time.process_time() - started < 20


def test_errors_come_first():
    levels = [finding.level for finding in lint(replace(SAMPLE, capacity=1))]
    assert levels == sorted(levels, key=lambda level: level is FindingLevel.WARNING)
    assert len(set(levels)) == 2


@pytest.mark.parametrize("fid", [0x0000, 0x3F00, 0x3FFF, 0xFFFF, 0x2F00, 0x2F01])
def test_reserved_identifiers(fid):
    profile = with_file(SAMPLE, "portrait", fid=fid)
    assert "file-id-reserved" in [finding.rule for finding in lint(profile)]


def test_the_only_place_of_ef_dir_is_its_own():
    assert "file-id-reserved" not in [finding.rule for finding in lint(PKCS15)]
    moved = with_file(PKCS15, "seal", fid=0x2F01)
    assert "file-id-reserved" in [finding.rule for finding in lint(moved)]


def test_an_elementary_file_has_not_its_directorys_identifier():
    assert "file-id-unique" in [finding.rule for finding in lint(with_file(SAMPLE, "portrait", fid=0x5200))]
    beside = with_file(LDS, "card-access", fid=0x0100)
    assert "file-id-unique" in [finding.rule for finding in lint(beside)]


def test_one_identifier_may_stand_in_two_directories():
    # 011D is EF.CardSecurity in the master file and EF.SOD in the application.
    assert [each for each in lint(with_file(LDS, "card-access", fid=0x011D)) if each.level is FindingLevel.ERROR] == []


def test_public_on_purpose_is_no_error():
    profile = with_file(access(SAMPLE, "portrait", read="always"), "portrait", public=True)
    assert "personal-public" not in [finding.rule for finding in lint(profile)]


def test_templates_that_the_chip_compares_need_not_be_read():
    profile = access(access(SAMPLE, "finger-1", read="never"), "finger-2", read="never")
    assert "never-read" in [finding.rule for finding in lint(profile)]
    inside = replace(profile, holder=replace(HOLDER, on_card=True))
    assert "never-read" not in [finding.rule for finding in lint(inside)]


def test_lint_says_what_everybody_may():
    for operation in ("update", "write", "delete", "deactivate"):
        assert "anybody-spoils" in [each.rule for each in lint(access(SAMPLE, "portrait", **{operation: "always"}))]
    for operation in ("create_df", "create_ef", "delete_child", "terminate"):
        assert "anybody-spoils" in [each.rule for each in lint(df_access(**{operation: "always"}))]


def test_a_master_file_twice_is_found():
    profile = replace(LDS, applications=(MASTER, replace(MASTER, name="master-2"), *LDS.applications[1:]))
    assert "file-id-unique" in [finding.rule for finding in lint(profile)]
