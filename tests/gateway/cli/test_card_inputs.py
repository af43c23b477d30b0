"""Files of a card command that cannot be used: what is wrong is told, what stands in them never."""

import json
from pathlib import Path

import pytest

from gateway.cli.card_inputs import contents_of, handed_in, read_biodata
from gateway.cli.exits import CommandFailure

NAME = "SITI AMINAH"


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_biodata_come_from_toml_and_json_and_dates_stand_as_text(tmp_path: Path) -> None:
    table = written(tmp_path, "one.toml", f'name = "{NAME}"\nbirth_date = 1990-02-17\n')
    same = written(tmp_path, "one.JSON", json.dumps({"name": NAME, "birth_date": "1990-02-17"}))
    assert read_biodata(table) == read_biodata(same)
    assert read_biodata(table).birth_date == "1990-02-17"
    assert read_biodata(None).name == ""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.toml", f'name = "{NAME}', "no valid TOML or JSON"),
        ("a.toml", f"name = '{NAME}'\nnik = " + "[" * 5000, "no valid TOML or JSON"),
        ("a.json", "[" * 100_000, "no valid TOML or JSON"),
        ("a.json", f'["{NAME}"]', "keys that are not known"),
        ("a.toml", NAME.encode() + b" = '\xe9'", "no valid TOML or JSON"),
        ("a.toml", f"name = ['{NAME}']", "name is no text"),
        ("a.json", json.dumps({"name": NAME + "\ud800"}), "name is no text"),
        ("a.toml", "nama = 'x'", "nama"),
    ],
)
@pytest.mark.usefixtures("uncollected")
def test_what_is_wrong_with_biodata_is_told_without_showing_them(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(CommandFailure, match=words) as failure:
        read_biodata(path)
    assert failure.value.reason == "BAD_FILE"
    assert str(path) in failure.value.words.id
    assert NAME not in failure.value.words.id + failure.value.words.en


@pytest.mark.parametrize("given", ["", "=", "sod=", "=EF.SOD.bin", "sod"])
def test_a_file_without_a_name_is_bad_usage(given: str) -> None:
    with pytest.raises(CommandFailure, match="NAME=FILE") as failure:
        handed_in([given])
    assert failure.value.reason == "BAD_USAGE"


def test_files_are_handed_in_under_their_names(tmp_path: Path) -> None:
    path = written(tmp_path, "EF.SOD=1.bin", b"sod")
    assert handed_in([f"sod={path}"]) == {"sod": b"sod"}
    (tmp_path / "folder").mkdir()
    assert contents_of(tmp_path) == {"EF.SOD=1.bin": b"sod"}
    with pytest.raises(CommandFailure, match="cannot be read") as failure:
        contents_of(tmp_path / "none")
    assert failure.value.reason == "BAD_FILE"
