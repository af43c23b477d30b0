"""The configuration is read once, strictly, and says what is wrong with it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.config import Config, ConfigError, read_config
from gateway.main import Gateway, ServeOptions, device_settings
from gateway.state_folder import default_state_folder, read_addresses, socket_path


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rekam.toml"
    path.write_text(text)
    return path


def test_nothing_need_be_said():
    config = read_config(None)
    assert config == Config()
    assert config.listen == "127.0.0.1:7411"
    assert config.capture.min_quality.thumb == 30
    assert (config.capture.iris.timeout_s, config.capture.iris.min_quality) == (30.0, 66)
    with pytest.raises(ValidationError):
        config.listen = "other"  # type: ignore[misc]


def test_a_file_changes_what_it_names(tmp_path):
    config = read_config(
        written(
            tmp_path,
            """
            listen = "127.0.0.1:1"
            roles = ["operator"]
            [capture]
            timeout_s = 12.5
            [capture.min_quality]
            thumb = 55
            [capture.iris]
            min_quality = 70
            [[device]]
            driver = "uareu4000"
            host_seed = 0x51EA2124
            [[device]]
            driver = "synthetic"
            finger = 3
            """,
        )
    )
    assert config.capture.timeout_s == 12.5
    assert (config.capture.min_quality.thumb, config.capture.min_quality.ring) == (55, 10)
    assert config.device[0].options == {"host_seed": 0x51EA2124}
    first, second = device_settings(config)
    assert (first.driver, first.device_id, first.attach) == ("uareu4000", "", False)
    assert (second.device_id, second.attach, second.options) == ("synthetic:2", True, {"finger": 3})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lisen = 'x'", "unknown key 'lisen'"),
        ("[capture]\ntimeout = 3", "unknown key 'capture.timeout'"),
        ("[capture.min_quality]\npinky = 3", "unknown key 'capture.min_quality.pinky'"),
        ("[capture]\ntimeout_s = 0", "capture.timeout_s"),
        ("[capture]\ntimeout_s = 'soon'", "capture.timeout_s"),
        ("[capture.min_quality]\nthumb = 101", "capture.min_quality.thumb"),
        ("roles = ['king']", "no such role: king"),
        ("gateway_id = 'with space'", "gateway_id"),
        ("[[device]]\nid = 'x'", "device.0.driver"),
        ("rescan_s = 0", "rescan_s"),
        ("listen = [", "is no TOML"),
        ("a = 1\na = 2", "is no TOML"),
        ("a = " + "[" * 5000 + "]" * 5000, "is no TOML"),
        ("rescan_s = " + "9" * 5000, "is no TOML"),
    ],
)
@pytest.mark.usefixtures("uncollected")
def test_what_is_wrong_is_named(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_config(path)
    assert words in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_config(path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b"# \xe9\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(path)


@pytest.mark.parametrize(
    "address", ["7411", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:99999", "0.0.0.0:7411", "192.0.2.1:1", ":7411"]
)
def test_addresses_that_cannot_be_served_are_refused(tmp_path, address):
    with pytest.raises(ConfigError):
        Gateway(Config(listen=address), ServeOptions(state=tmp_path))


def test_an_address_for_metrics_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="metrics"):
        Gateway(Config(metrics="here"), ServeOptions(state=tmp_path))


def test_the_state_folder_is_the_named_one_or_one_that_can_be_written(tmp_path):
    assert default_state_folder({"REKAM_STATE": "/elsewhere"}) == Path("/elsewhere")
    own = default_state_folder({"XDG_STATE_HOME": str(tmp_path)})
    assert own in (tmp_path / "rekam", Path("/var/lib/rekam"))


def test_a_path_too_long_for_a_socket_has_none(tmp_path):
    assert socket_path(tmp_path / "s") == (tmp_path / "s").resolve() / "rekam.sock"
    assert socket_path(tmp_path / ("s" * 100)) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"grpc": "a", "unknown": 1}', "\udcff"])
def test_addresses_that_cannot_be_read_are_none(tmp_path, content):
    (tmp_path / "addresses.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert read_addresses(tmp_path) is None


@pytest.mark.parametrize(
    ("tables", "named"),
    [
        ("[[device]]\ndriver = 'uareu400'", "uareu400"),
        ("[[device]]\ndriver = 'synthetic'\nfingr = 3", "fingr"),
        ("[[device]]\ndriver = 'uareu4000'\nhost_sed = 3", "host_sed"),
        (
            "[[device]]\ndriver = 'synthetic'\nserial = 'A'\n[[device]]\ndriver = 'synthetic'\nserial = 'A'",
            "synthetic:A",
        ),
    ],
)
def test_a_device_table_that_makes_no_device_of_its_own_is_refused(tmp_path, tables, named):
    path = tmp_path / "rekam.toml"
    path.write_text(tables)
    with pytest.raises(ConfigError, match=named):
        device_settings(read_config(path))


@pytest.mark.parametrize(
    ("url", "way", "host", "port"),
    [
        ("grpcs://centre.example:7443", "ingest", "centre.example", 7443),
        ("grpcs://[2001:db8::7]:443", "ingest", "2001:db8::7", 443),
        ("tls://hub.example:4222", "jetstream", "hub.example", 4222),
        ("nats://10.0.0.1:4222", "jetstream", "10.0.0.1", 4222),
    ],
)
def test_a_centre_is_named_by_its_address(tmp_path, url, way, host, port):
    centre = read_config(written(tmp_path, f'[centre]\nurl = "{url}"\nway = "{way}"\n')).centre
    assert (centre.host, centre.port, centre.way) == (host, port, way)


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ('url = "http://centre.example:80"', "url"),
        ('url = "grpcs://centre.example"', "url"),
        ('url = "grpcs://centre.example:99999"', "99999 is no port"),
        ('url = "grpcs://centre.example:0"', "0 is no port"),
        ('url = "grpcs://c:1"\nway = "jetstream"', "tls://HOST:PORT"),
        ('url = "tls://c:1"', "grpcs://HOST:PORT"),
        ('url = "grpcs://c:1"\ncertificate = "c.pem"', "go together"),
        ('certificate = "c.pem"\nkey = "k.pem"', "there is none"),
        ('url = "grpcs://c:1"\nway = "pigeon"', "way"),
        ('urk = "grpcs://c:1"', "urk"),
    ],
)
def test_a_centre_that_cannot_be_is_refused(tmp_path, table, named):
    with pytest.raises(ConfigError) as error:
        read_config(written(tmp_path, f"[centre]\n{table}\n"))
    assert named in str(error.value)
