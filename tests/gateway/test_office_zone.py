"""Time zones by name, with and without files of the machine."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import Config, ConfigError, read_config
from gateway.office_zone import office_zone

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("name", "hours"), [("WIB", 7), ("Asia/Makassar", 8), ("WIT", 9), ("Europe/Berlin", 1)])
def test_a_zone_is_found(name: str, hours: int) -> None:
    assert NOON.astimezone(office_zone(name)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["", "Asia/Kedoya", "../../etc/passwd", "/etc/localtime", "UTC+7 "])
def test_what_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        office_zone(name)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[office]\ntime_zone = 'Mars'", "no time zone"),
        ("[sms]\nport = '/dev/ttyUSB0'\n[sms.http]\nurl = 'https://a'\nfields = {}", "not both"),
        ("[sms]\npin = '1234'", "sms.pin"),
        ("[callbacks]\nquiet_from = 'late'", "quiet_from"),
        ("[callbacks]\nkeep_days = 0", "keep_days"),
    ],
)
def test_settings_of_people_are_checked(tmp_path, table: str, words: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "rekam.toml"
    path.write_text(table)
    with pytest.raises(ConfigError, match=words):
        read_config(path)


def test_times_are_toml_times(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "rekam.toml"
    path.write_text("[callbacks]\nquiet_from = 21:30:00\nquiet_until = '07:00'\n")
    settings = read_config(path).callbacks
    assert (settings.quiet_from.hour, settings.quiet_from.minute, settings.quiet_until.hour) == (21, 30, 7)
    assert Config().callbacks.quiet_from.hour == 20
