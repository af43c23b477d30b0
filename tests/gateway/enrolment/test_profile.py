"""Profiles are read strictly, and what is wrong is named with its place."""

from pathlib import Path

import pytest

from gateway.enrolment import ProfileProblem, ProfileUnknown, read_profile, read_profiles

GOOD = """
id = "mine"
version = 1
[name]
id = "Punya saya"
en = "Mine"
[thresholds]
index = 40
[thresholds.units]
right-index = 55
[[step]]
parts = ["right-index", "left-index"]
"""
PARTS = 'parts = ["right-index", "left-index"]'


def test_the_shipped_profiles():
    profiles = read_profiles()
    assert sorted(profiles.found) == ["auth", "ktp-el", "two-fingers"]
    assert profiles.problems == {}
    whole = profiles.get("ktp-el")
    assert len(whole.units) == 14
    assert [len(choice) for step in whole.step for choice in step.choices] == [1, 1, 3, 10, 2]
    assert (whole.thresholds.of("left-thumb"), whole.thresholds.of("right-little")) == (30, 10)


def test_the_example_of_the_documentation():
    text = (Path(__file__).parents[3] / "docs" / "enrolment.md").read_text(encoding="utf-8")
    profile = read_profile(text.split("```toml\n")[1].split("```")[0], "docs/enrolment.md")
    assert (profile.id, profile.thresholds.of("right-index"), profile.step[2].required) == ("kiosk", 45, False)
    assert set(profile.model_fields_set) == set(type(profile).model_fields)  # no field goes untold


def test_thresholds_of_a_unit_come_before_those_of_its_kind():
    thresholds = read_profile(GOOD, "mine.toml").thresholds
    assert (thresholds.of("right-index"), thresholds.of("left-index"), thresholds.of("left-iris")) == (55, 40, 66)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version = 1", "version = 1\nretries = 4", r"unknown key 'retries' \(line 4\); remove it"),
        ("index = 40", "index = 140", r"thresholds\.index \(line 8\): .*100"),
        ("index = 40", "pinky = 4", r"unknown key 'thresholds\.pinky' \(line 8\)"),
        ("right-index = 55", "right-toe = 55", "no such finger or eye: right-toe"),
        ('"left-index"]', '"left-toe"]', "no such part: left-toe"),
        ('"left-index"]', '"right-index"]', "each finger and eye once"),
        (PARTS, "", "either parts or alternatives"),
        (
            'parts = ["right-index", "left-index"]',
            'alternatives = [["two-thumbs"], ["right-thumb"]]',
            "the same fingers",
        ),
        (
            'parts = ["right-index", "left-index"]',
            'parts = ["right-index"]\n[[step]]\nparts = ["right-four"]',
            "two steps",
        ),
        ("version = 1", 'version = 1\napplication_pattern = "["', "no regular expression"),
        ("version = 1", "version = ", "line 3"),
        ("version = 1", "version = " + "[" * 5000 + "]" * 5000, "is no TOML"),
        ('id = "mine"', 'id = "Mine/.."', "id"),
    ],
)
@pytest.mark.usefixtures("uncollected")
def test_what_is_wrong_is_named(old, new, told):
    with pytest.raises(ProfileProblem, match=told) as problem:
        read_profile(GOOD.replace(old, new, 1), "mine.toml")
    assert "mine.toml" in problem.value.cause
    assert problem.value.remedy


def test_an_administrators_folder(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "auth.toml").write_text("id = ")
    (tmp_path / "ours.toml").write_text(GOOD.replace("mine", "two-fingers"))
    (tmp_path / "latin.toml").write_bytes(b'id = "caf\xe9"')
    profiles = read_profiles(tmp_path)
    assert profiles.get("mine").thresholds.index == 40
    assert profiles.get("two-fingers").name.en == "Mine"
    assert set(profiles.problems) == {"auth", "latin"}
    with pytest.raises(ProfileProblem, match=r"auth\.toml is no TOML"):
        profiles.get("auth")  # never the shipped one in the place of a broken file
    with pytest.raises(ProfileUnknown, match="ktp-el"):
        profiles.get("nothing")
    (tmp_path / "zz.toml").write_text(GOOD)
    assert "both of id 'mine'" in str(read_profiles(tmp_path).problems["zz"])


@pytest.mark.parametrize("broken", ["most_tires = 2", "most_tries = "])
def test_a_broken_file_hides_what_it_would_have_replaced_whatever_its_name(tmp_path, broken):
    (tmp_path / "kedoya.toml").write_text(GOOD.replace('id = "mine"', f'id = "ktp-el"\n{broken}', 1))
    profiles = read_profiles(tmp_path)
    with pytest.raises(ProfileProblem, match=r"kedoya\.toml"):
        profiles.get("ktp-el")
    assert set(profiles.problems) == {"ktp-el"}
    assert profiles.get("auth").id == "auth"


def test_a_part_of_a_profile_for_a_supplement():
    whole = read_profiles().get("ktp-el")
    part = whole.only(frozenset({"left-iris", "right-thumb", "left-thumb", "right-ring"}))
    assert [step.choices for step in part.step] == [
        (("right-thumb", "right-ring", "left-thumb"),),
        (("left-iris",),),
    ]
    thumbs = whole.only(frozenset({"right-thumb", "left-thumb"}))
    assert thumbs.step[0].choices == (("two-thumbs",), ("right-thumb", "left-thumb"))
    assert thumbs.model_validate(thumbs.model_dump()) == thumbs
