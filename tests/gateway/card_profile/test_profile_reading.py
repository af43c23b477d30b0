"""Profiles from TOML: what is shipped is read, and every fault names file, table, key, cause and remedy."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.card import SecurityLevel
from gateway.card_profile import (
    CardProfileProblem,
    Condition,
    Diversification,
    Operation,
    builtin_profiles,
    lint,
    load_profile,
    read_profile,
)
from gateway.service.card_profiles import CardProfiles

SAMPLE = (files("gateway.card_profile") / "profiles" / "sample-id.toml").read_text(encoding="utf-8")


def changed(pattern: str, to: str, text: str = SAMPLE) -> str:
    mended, count = re.subn(pattern, to, text, count=1, flags=re.MULTILINE)
    assert count == 1, f"{pattern} is not in the profile"
    return mended


def test_those_that_come_along():
    assert list(builtin_profiles()) == ["icao-lds1", "pkcs15-demo", "sample-id"]
    for name in builtin_profiles():
        assert load_profile(name).name == name


def test_what_is_read_is_what_is_written():
    profile = read_profile(SAMPLE, "sample-id.toml")
    assert (profile.version, profile.capacity, profile.seal) == (1, 7680, "seal")
    assert profile.channel is not None
    assert profile.channel.level is SecurityLevel.C_ENC_R_ENC
    assert profile.channel.diversification is Diversification.KDF3
    assert profile.channel.test_keys
    assert profile.holder is not None
    assert profile.holder.templates == ("finger-1", "finger-2")
    (application,) = profile.applications
    assert application.aid == b"\xf0REKAM\x01"
    assert profile.file("biodata").access[Operation.READ] is Condition.PIN
    assert profile.file("finger-1").access[Operation.READ] is Condition.CHANNEL
    assert profile.file("finger-1").access[Operation.UPDATE] is Condition.NEVER
    assert profile.file("finger-1").options["most"] == 60
    assert not profile.file("signature").required


@pytest.mark.parametrize(
    ("pattern", "to", "table", "key", "cause"),
    [
        (r"^version = 1$", "version = 0", "", "version", "0 is not within 1"),
        (r"^version = 1$", 'version = "1"', "", "version", "a whole number is due, not a text"),
        (r"^version = 1$", "", "", "version", "it is missing"),
        (r"^version = 1$", "version = 1\nvershion = 2", "", "vershion", "nobody knows this key"),
        (r'^name = "sample-id"$', 'name = "Sample ID"', "", "name", "of a-z"),
        (r'^id = ".*"$', "id = 3", "title", "id", "a text is due, not a number"),
        (r"^capacity = .*$", "capacity = 0x2000\nsize = 3", "chip", "size", "nobody knows"),
        (r"^page = 32$", "page = 0", "chip", "page", "not within"),
        (r'^level = ".*"$', 'level = "c-mack"', "channel", "level", "'c-mack' is none that is known"),
        (r'^diversification = ".*"$', 'diversification = "kdf2"', "channel", "diversification", "none that is known"),
        (r"^test_keys = true.*$", "test_keys = 1", "channel", "test_keys", "true or false is due, not a number"),
        (r"^test_keys = true.*$", "mac_length = 12", "channel", "mac_length", "12 is not within"),
        (r"^templates = .*$", 'templates = "finger-1"', "holder", "templates", "a list of texts is due, not a text"),
        (r"^templates = .*$", 'templates = ["a", "a"]', "holder", "templates", "one is there twice"),
        (r"^tries = 4$", "tries = 16", "holder", "tries", "16 is not within"),
        (r'^aid = ".*"', 'aid = "F0 5"', "application[0]", "aid", "bytes in hex"),
        (r"^fid = 0x5200$", "fid = 65536", "application[0]", "fid", "not within"),
        (r'^create_df = "never"$', 'create_df = "nobody"', "application[0].access", "create_df", "none that is known"),
        (r'^read = "pin"$', 'reed = "pin"', "application[0].file_access", "reed", "nobody knows"),
        (r'^content = "biodata"$', 'content = "biodate"', "application[0].file[0]", "content", "none that is known"),
        (r"^limit = 832$", "limit = 0", "application[0].file[0]", "limit", "not within"),
        (r"^limit = 832$", "limit = 40000", "application[0].file[0]", "limit", "not within"),
        (r"^limit = 832$", "limit = 832.0", "application[0].file[0]", "limit", "not a fraction"),
        (r"^sfi = 1$", "sfi = 31", "application[0].file[0]", "sfi", "31 is not within 0 to 30"),
        (r"^most = 60$", "most = 7", "application[0].file[2].options", "most", "not within"),
        (r"^most = 60$", "least = 7", "application[0].file[2].options", "least", "nobody knows"),
        (r'^coding = ".*"$', 'coding = "webp"', "application[0].file[4].options", "coding", "none that is known"),
        (r'^fingers = \["right-index"', 'fingers = ["index"', "application[0].file[2].options", "fingers", "'index'"),
        (r"^required = false$", "required = 2026-01-01", "application[0].file[1]", "required", "not a date"),
    ],
)
def test_a_fault_names_file_table_key_cause_and_remedy(pattern, to, table, key, cause):
    with pytest.raises(CardProfileProblem) as caught:
        read_profile(changed(pattern, to), "ours.toml")
    problem = caught.value
    assert (problem.source, problem.table, problem.key) == ("ours.toml", table, key)
    assert cause in problem.cause
    assert problem.remedy
    assert all(part in str(problem) for part in ("ours.toml", table, key, problem.cause, problem.remedy))


@pytest.mark.parametrize(
    ("pattern", "to", "remedy"),
    [
        (r'^content = "biodata"$', 'content = "biodate"', "Did you mean biodata"),
        (r"^version = 1$", "version = 1\nvershion = 2", "Did you mean version"),
        (r'^level = ".*"$', 'level = "x"', "There are c-mac"),
    ],
)
def test_a_remedy_names_what_there_is(pattern, to, remedy):
    with pytest.raises(CardProfileProblem, match=remedy):
        read_profile(changed(pattern, to), "ours.toml")


def test_tables_that_are_none_are_refused():
    for text, complaint in (
        ('name = "a"\nversion = 1\ntitle = "A"\n[chip]\ncapacity = 9', "a table is due, not a text"),
        (
            'name = "a"\nversion = 1\napplication = 3\n[title]\nid = "A"\nen = "A"\n[chip]\ncapacity = 9',
            "list of tables",
        ),
        ("name = ", "it is no TOML"),
    ):
        with pytest.raises(CardProfileProblem, match=complaint):
            read_profile(text, "ours.toml")


@given(st.text(max_size=200))
def test_any_text_is_refused_by_name(text):
    with pytest.raises(CardProfileProblem, match="ours"):
        read_profile(text, "ours.toml")


@given(st.data())
def test_a_line_that_is_lost_is_refused_or_leaves_a_profile(data):
    lines = SAMPLE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    try:
        profile = read_profile("\n".join(lines[:at] + lines[at + 1 :]), "ours.toml")
    except CardProfileProblem as problem:
        assert problem.source == "ours.toml"  # noqa: PT017 - either is right
        return
    assert profile.name


ODD = (
    "0",
    "-1",
    "70000",
    "1.5",
    '""',
    '"x"',
    "true",
    "[]",
    "[1]",
    '["a", "a"]',
    "{}",
    "{ a = 1 }",
    "2026-01-01",
    "nan",
)


@pytest.mark.parametrize("name", builtin_profiles())
@given(st.data())
def test_a_value_of_any_kind_is_refused_by_name_or_taken(name, data):
    text = (files("gateway.card_profile") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(" ")]
    keys = [at for at, line in enumerate(lines) if re.match(r"[a-z_0-9]+ = [^\[]", line)]
    at = data.draw(st.sampled_from(keys))
    lines[at] = f"{lines[at].split(' = ')[0]} = {data.draw(st.sampled_from(ODD))}"
    mended = "\n".join(line for line in lines if not line.startswith("fingers"))
    try:
        profile = read_profile(mended, "ours.toml")
    except CardProfileProblem as problem:
        told = (problem.source, bool(problem.key), bool(problem.remedy))
        assert told == ("ours.toml", True, True)
        return
    for finding in lint(profile):
        assert finding.text.en


HOSTILE = {
    "deep": "a = " + "[" * 5000,
    "tables": "a = " + "{a = " * 5000,
    "digits": "version = " + "9" * 5000,
    "hex": changed(r"^version = 1$", "version = 0x" + "F" * 5000),
    "atr": changed(r"^\[chip\]$", '[chip]\natr = "(([0-9A-F]+)+)+Z"'),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("uncollected")
def test_no_file_of_the_folder_keeps_the_others_from_being_read(tmp_path, name):
    (tmp_path / "bad.toml").write_text(HOSTILE[name], encoding="utf-8")
    (tmp_path / "ours.toml").write_text(changed(r'^name = "sample-id"$', 'name = "ours"'), encoding="utf-8")
    with pytest.raises(CardProfileProblem, match=r"bad\.toml"):
        load_profile(tmp_path / "bad.toml")
    profiles = CardProfiles(tmp_path)
    assert list(profiles.problems) == ["bad.toml"]
    assert profiles.named("ours").name == "ours"


def test_files_are_read_by_their_path(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(changed(r'^name = "sample-id"$', 'name = "ours"'), encoding="utf-8")
    assert load_profile(path).name == load_profile(str(path)).name == "ours"


def test_files_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(CardProfileProblem, match="No such file"):
        load_profile(tmp_path / "none.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "\xe9"')
    with pytest.raises(CardProfileProblem, match="not UTF-8"):
        load_profile(latin)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(CardProfileProblem, match="more than"):
        load_profile(large)
    with pytest.raises(CardProfileProblem, match="Take one of icao-lds1, pkcs15-demo, sample-id"):
        load_profile("sample")


def test_a_profile_with_an_error_is_not_used(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(changed(r"^fid = 0x5202$", "fid = 0x5201"), encoding="utf-8")
    with pytest.raises(CardProfileProblem, match="file-id-unique: identity/biodata"):
        load_profile(path)
