"""The limits that come with the gateway, and files of limits with mistakes."""

from pathlib import Path

import pytest

from calibration.errors import LimitsUnreadable
from calibration.limits import FOLDER, Grade, LimitSet, limits_of, read_limits, standards

GOOD = (FOLDER / "appendix-f-500.toml").read_text("utf-8")


@pytest.mark.parametrize("standard", standards())
def test_every_file_reads_and_speaks_of_no_certificate(standard: str) -> None:
    found = limits_of(standard)
    assert found.limits or found.curves
    assert "self-test within" in found.wording.en
    assert "uji mandiri" in found.wording.id


def test_the_standards_are_those_that_are_promised() -> None:
    assert standards() == (
        "appendix-f-1000",
        "appendix-f-500",
        "card",
        "iris-authentication",
        "iris-enrolment",
        "piv-071006",
        "portrait",
    )


@pytest.mark.parametrize(
    ("standard", "curve", "expected"),
    [  # as published: BSI TR-03121 table 5.1 and what the coefficients give
        ("appendix-f-500", "ctf", (0.948, 0.869, 0.791, 0.713, 0.636, 0.559, 0.483, 0.408, 0.333, 0.259)),
        ("appendix-f-500", "mtf", (0.905, 0.797, 0.694, 0.598, 0.513, 0.437, 0.371, 0.312, 0.257, 0.200)),
        ("piv-071006", "ctf", (0.920, 0.822, 0.720, 0.620, 0.526, 0.440, 0.362, 0.293, 0.232, 0.174)),
        ("piv-071006", "mtf", (0.871, 0.734, 0.614, 0.510, 0.421, 0.345, 0.280, 0.225, 0.177, 0.135)),
    ],
)
def test_curves_give_the_published_table(standard: str, curve: str, expected: tuple[float, ...]) -> None:
    found = limits_of(standard)
    for cycles, least in enumerate(expected, 1):
        (limit,) = found.on(f"{curve}_{cycles}")
        assert limit.at_least == pytest.approx(least, abs=0.00051)
        assert limit.grade is Grade.READ


def test_a_thousand_ppi() -> None:
    found = limits_of("appendix-f-1000")
    assert found.on("ctf_10")[0].at_least == pytest.approx(0.563, abs=0.001)
    assert found.on("ctf_20")[0].at_least == pytest.approx(0.284, abs=0.001)
    assert found.on("ppi_x")[0].at_most == 1010


@pytest.mark.parametrize("value", ["ctf_0.5", "ctf_10.5", "mtf_14", "ctf_", "ctf", "mtf_5_x"])
def test_no_limit_is_extrapolated(value: str) -> None:
    assert limits_of("appendix-f-500").on(value) == ()


def test_a_curve_refuses_frequencies_beyond_its_own() -> None:
    (curve, _) = limits_of("appendix-f-500").curves
    with pytest.raises(ValueError, match="from 1 to 10"):
        curve.at_least(10.5)


def test_shares_of_cases_are_told_as_such() -> None:
    found = limits_of("appendix-f-500")
    assert found.on("geometry_across_relative")[0].share == 0.99
    assert found.on("snr_white")[0].share == 0.97
    assert {limit.share for limit in found.on("grey_range")} == {0.8, 0.99}


def read(tmp_path: Path, text: str) -> LimitSet:
    path = tmp_path / "appendix-f-500.toml"
    path.write_text(text, "utf-8")
    return read_limits(path)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("at_least = 495.0", "at_lest = 495.0", r"limit 1 \(ppi_x\): unknown key 'at_lest'; did you mean 'at_least'\?"),
        ("at_least = 495.0\nat_most = 505.0\n", "", "'at_least' and 'at_most' is missing"),
        ("at_least = 495.0", "at_least = 595.0", r"'at_least' \(595\) has to be below 'at_most'"),
        ("at_least = 495.0", 'at_least = "495"', "key 'at_least' has to be a number, not '495'"),
        ("at_least = 495.0", "at_least = nan", "key 'at_least' has to be a number"),
        ("at_least = 495.0", "at_least = true", "key 'at_least' has to be a number"),
        ("share = 0.99", "share = 99", "key 'share' lies between 0 and 1"),
        ('grade = "S"', 'grade = "A"', "key 'grade' is S, K, not 'A'"),
        ('unit = "ppi"\n', "", "key 'unit' is missing"),
        ('source = "', 'souce = "', "unknown key 'souce'; did you mean 'source'"),
        ('clause = "5.1.5, FM AH-FP-FTR"', 'clause = ""', "key 'clause' has to be text"),
        ('name = "ppi_y"', 'name = "ppi_x"', "two limits are named 'ppi_x'"),
        ('name = "ppi_y"', 'name = "PPI y"', "key 'name' has small letters"),
        ("[[curve]]", "[[curves]]", "unknown key 'curves'; did you mean 'curve'"),
        ("1.02774, -0.0799095", "1.02774, 0.0799095", "a figure is mistyped"),
        ("1.02774, -0.0799095", "10.2774, -0.0799095", "a figure is mistyped"),
        ("highest = 10.0", "highest = 14.0", "a figure is mistyped"),
        ("lowest = 1.0", "lowest = 0", r"'lowest' \(0\)"),
        ("[1.02774, -0.0799095, 3.04105e-4]", "1.02774", "key 'coefficients' has to be a list"),
        ('standard = "appendix-f-500"', 'standard = "appendix-f-50"', "the file's own name"),
        ("self-test within Appendix F nominal limits", "Appendix F certified", "may not speak of a certificate"),
        ("[[limit]]", "[[limit", "appendix-f-500.toml: "),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in GOOD
    with pytest.raises(LimitsUnreadable, match=told):
        read(tmp_path, GOOD.replace(before, after, 1))


def test_an_empty_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    head = GOOD.split("[[limit]]", maxsplit=1)[0]
    with pytest.raises(LimitsUnreadable, match="it has no limit"):
        read(tmp_path, head)
    with pytest.raises(LimitsUnreadable, match=r"nothing.toml"):
        read_limits(tmp_path / "nothing.toml")
    with pytest.raises(LimitsUnreadable, match="there are appendix-f-1000"):
        limits_of("appendix-g")


@pytest.mark.parametrize("standard", standards())
def test_every_cut_file_is_refused_or_reads_as_fewer_limits(tmp_path: Path, standard: str) -> None:
    text = (FOLDER / f"{standard}.toml").read_text("utf-8")
    whole, path = limits_of(standard), tmp_path / f"{standard}.toml"
    for end in range(0, len(text) - 1, 97):
        path.write_text(text[:end], "utf-8")
        try:
            found = read_limits(path)
        except LimitsUnreadable:
            continue
        assert set(found.limits) < set(whole.limits) or set(found.curves) < set(whole.curves)
