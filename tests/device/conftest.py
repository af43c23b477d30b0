"""The contract on a bench: `pytest tests/device --device nb1010:SERIAL`, with a person beside the device.

Prompts say what the person does; they go to the terminal, so no `-s` is needed. `--device-option NAME=VALUE` gives the
driver an option, as its `[[device]]` table would; `--unplug` adds the tests in which the cable is pulled.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers import DeviceAddress, DeviceDriver, discover, installed_drivers, open_device

PROMPTS = {
    "finger": "lay a finger on the sensor, hold it still, lift it after a second; again, if nothing goes on",
    "no-finger": "touch nothing",
    "eye": "sit before the camera and look into it",
    "face": "sit before the camera and look into it",
    "waiting": "keep away from the camera",
    "card": "put a card in; take it out when nothing goes on, and put it in again",
    "no-card": "keep the reader empty",
    "pulled": "put a card in, pull it out after a second, and put it in again",
    "unplugged": "pull the cable after a second, and put it back when the next line comes",
    "self-test": "touch nothing",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("device", "the device on the bench")
    group.addoption("--device", metavar="ID", help="Name of an attached device, or DRIVER:NAME of one made by options.")
    group.addoption("--device-option", metavar="NAME=VALUE", action="append", default=[], help="Option of its driver.")
    group.addoption("--unplug", action="store_true", help="Also the tests in which a person pulls the cable.")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a device there is nothing to test."""
    return True if config.getoption("--device", None) is None and collection_path.name != "conftest.py" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    device_id = config.getoption("--device", None)
    if device_id is None:
        return
    driver = device_id.partition(":")[0]
    if driver not in installed_drivers():
        raise pytest.UsageError(f"there is no driver {driver!r}; installed: {', '.join(installed_drivers())}")
    kind = installed_drivers()[driver].kind
    others = [item for item in items if getattr(item, "cls", None) and getattr(item.cls, "kind", kind) is not kind]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture
def bench(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], DeviceDriver]:
    """Opens the device for a scenario, and tells the person at the bench what to do."""
    config = request.config
    address = _address(config.getoption("--device"))
    options = dict(_option(text) for text in config.getoption("--device-option"))

    def opened(scenario: str) -> DeviceDriver:
        with capsys.disabled():
            print(f"\n{request.node.name}: {PROMPTS[scenario]}", flush=True)
        return open_device(address, options)

    return opened


def _address(device_id: str) -> DeviceAddress | str:
    driver = device_id.partition(":")[0]
    if installed_drivers()[driver].discoverable:
        return next((each for each in discover().devices if each.device_id == device_id), device_id)
    return DeviceAddress(device_id, driver, driver)


def _option(text: str) -> tuple[str, Any]:
    """`NAME=VALUE`; the value as TOML has it, else as text."""
    name, separator, value = text.partition("=")
    if not separator:
        raise pytest.UsageError(f"--device-option is NAME=VALUE, not {text!r}")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value
