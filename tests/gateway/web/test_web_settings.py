"""The configuration of the web door, and the commands about its trust."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from gateway.cli.checks.finding import Level
from gateway.cli.checks.network import check_web
from gateway.config import Config, ConfigError
from gateway.main import Gateway, ServeOptions
from gateway.service.errors import TooManyRequestsError
from gateway.service.web_rates import Places, TokenBucket
from tests.gateway.web.page import web_gateway


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "https://*.example", "https://desk.example/", "https://desk.example/page", "desk.example", "null"),
        *("https://Desk.example", "http://desk.example", "https://desk.example:443", "http://localhost:80", ""),
        *("https://desk.example:0", "https://u@desk.example", "https://desk.example\n", "file://"),
    ],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ValidationError, match="origin"):
        Config.model_validate({"web": {"origins": [origin]}})


@pytest.mark.parametrize(
    "origin", ["https://desk.example", "https://desk.example:8443", "http://localhost:5173", "https://[::1]:8443"]
)
def test_origins_as_browsers_write_them_are_taken(origin):
    assert Config.model_validate({"web": {"origins": [origin]}}).web.origins == (origin,)


def test_pages_of_others_are_operators_at_most_where_nothing_is_said():
    assert Config().web.roles == {"operator"}
    assert Config().web.origins == ()
    with pytest.raises(ValidationError, match="no such role"):
        Config.model_validate({"web": {"roles": ["root"]}})


@pytest.mark.parametrize("address", ["0.0.0.0:7412", "7412", "192.0.2.1:1"])
def test_the_door_is_on_loopback_alone(tmp_path, address):
    with pytest.raises(ConfigError, match="web"):
        Gateway(Config.model_validate({"web": {"listen": address}}), ServeOptions(state=tmp_path))


async def test_the_doctor_looks_at_the_door(tmp_path):
    assert list(check_web(tmp_path)) == []
    async with web_gateway(tmp_path) as gateway:
        (found,) = await asyncio.to_thread(lambda: list(check_web(tmp_path)))
        assert (found.level, gateway.addresses.web in found.detail) == (Level.OK, True)


def test_trust_is_shown_and_what_is_missing_is_told(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "REKAM_STATE": str(tmp_path / "state")}
    environment.pop("SUDO_USER", None)
    (tmp_path / ".pki/nssdb").mkdir(parents=True)
    (tmp_path / ".pki/nssdb/cert9.db").touch()
    command = [sys.executable, "-m", "gateway.cli", "trust", "show", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert len(told["fingerprint"]) == 64
    assert [step["store"] for step in told["steps"]] == ["system", "chromium"]
    assert done.returncode == (0 if told["ok"] else 3)


def test_a_bucket_refills_with_time():
    now = [0.0]
    bucket = TokenBucket(2.0, 3.0, lambda: now[0])
    for _ in range(3):
        bucket.take()
    with pytest.raises(TooManyRequestsError) as error:
        bucket.take()
    assert error.value.retry_s == pytest.approx(0.5)
    now[0] = 0.6
    bucket.take()
    now[0] = 1000.0
    for _ in range(3):
        bucket.take()
    with pytest.raises(TooManyRequestsError):
        bucket.take()


def test_places_are_given_back():
    places = Places(1)
    with places.taken(), pytest.raises(TooManyRequestsError), places.taken():
        pass
    with pytest.raises(ZeroDivisionError), places.taken():
        1 / 0  # noqa: B018
    with places.taken():
        assert places.free == 0
