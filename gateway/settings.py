"""What a configuration comes to: the values with which the gateway's objects are made."""

import secrets

from drivers import DeviceError, installed_drivers
from gateway.capture.auto_capture import AutoCaptureSettings
from gateway.capture.iris_auto_capture import IrisAutoCaptureSettings
from gateway.capture.modality import ModalitySettings
from gateway.capture.portrait_auto_capture import PortraitAutoCaptureSettings
from gateway.capture.session import SessionSettings
from gateway.centre import WayOut
from gateway.config import CentreSettings, Config, ConfigError, KeySettings
from gateway.devices.registry import DeviceSettings
from gateway.trust import KeyPlaces, Pkcs11Token, TokenPlace, read_passphrase, read_pin

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

DEMONSTRATION_CARD = "sample-id"
SYNTHETIC = (
    DeviceSettings(
        "synthetic", "synthetic:SYN-0001", attach=True, options={"finger": 17, "serial": "SYN-0001", "truth": "drawn"}
    ),
    DeviceSettings(
        "synthetic", "synthetic:SYN-0002", attach=True, options={"finger": 42, "serial": "SYN-0002", "truth": "drawn"}
    ),
    DeviceSettings(
        "synthetic-slap", "synthetic-slap:SYN-0006", attach=True, options={"person": 4, "serial": "SYN-0006"}
    ),
    DeviceSettings(
        "synthetic-iris",
        "synthetic-iris:SYN-0003",
        attach=True,
        options={"eye": 17, "serial": "SYN-0003", "truth": "drawn"},
    ),
    DeviceSettings(
        "synthetic-portrait",
        "synthetic-portrait:SYN-0005",
        attach=True,
        options={"face": 17, "serial": "SYN-0005", "truth": "drawn"},
    ),
    DeviceSettings(
        "synthetic-card",
        "synthetic-card:SYN-0004",
        attach=True,
        options={
            "serial": "SYN-0004",
            "truth": "drawn",
            # Another blank in each run: what was on the last one's card is gone with its process.
            "card_serial": f"SYN-{secrets.token_hex(5).upper()}",
            "secure_channel": True,
        },
    ),
)
"""The devices of `--synthetic`, with the options of the driver's constructor."""


def demonstrating(config: Config) -> Config:
    """The configuration of a demonstration: it keeps whoever is enrolled until their sample card is made."""
    if config.card.profile:
        return config
    return config.model_copy(update={"card": config.card.model_copy(update={"profile": DEMONSTRATION_CARD})})


def key_places(settings: KeySettings) -> KeyPlaces:
    """Where the signing keys are, opened with the secrets of this process's surroundings; `KeyProblem` without."""
    token = None
    if settings.module:
        place = TokenPlace(settings.module, settings.token, settings.pin)
        token = Pkcs11Token(place, read_pin(settings.pin))
    return KeyPlaces(read_passphrase(), token, makes_in_token=settings.store == "pkcs11")


def way_to_centre(settings: CentreSettings, gateway_id: str) -> WayOut | None:
    """The way out that is configured, nothing opened before it is used; None where this office has nothing to show."""
    from gateway.ways import HubPlace, IngestPlace, IngestWay, JetstreamWay  # for those alone that have a centre

    if settings.way == "jetstream" and settings.key is not None:
        return JetstreamWay(HubPlace(settings.host, settings.port, settings.key, settings.authority), gateway_id)
    if settings.certificate is None or settings.key is None:
        return None
    return IngestWay(IngestPlace(settings.host, settings.port, settings.authority, settings.certificate, settings.key))


def device_settings(config: Config) -> tuple[DeviceSettings, ...]:
    """The `[[device]]` tables; a driver that finds no device by itself makes one under its table's `id`."""
    settings: list[DeviceSettings] = []
    for number, table in enumerate(config.device, 1):
        driver = installed_drivers().get(table.driver)
        if driver is None:
            known = ", ".join(installed_drivers())
            raise ConfigError(f"device: there is no driver {table.driver!r}; installed are {known}")
        try:
            # One that looks itself may not see all that it can drive: what is named is made, seen or not.
            attach = not driver.discoverable or (driver.looks_itself and bool(table.id))
            driver.check_options(table.options)
        except ValueError as error:
            raise ConfigError(f"device: {error}") from error
        except DeviceError:
            attach = True  # it cannot be loaded: listed as FAILED, with the reason
        name = table.id or (f"{table.driver}:{table.options.get('serial', number)}" if attach else "")
        if attach and any(name == other.device_id for other in settings):
            raise ConfigError(f"device: two tables make {name!r}; give one another `id`")
        settings.append(DeviceSettings(table.driver, name, attach, table.options))
    return tuple(settings)


def session_settings(config: Config) -> SessionSettings:
    """How captures go on, as the section [capture] has it."""
    capture = config.capture
    finger = AutoCaptureSettings(
        min_preview_score=capture.min_preview_score,
        still_frames=capture.still_frames,
        max_displacement_mm=capture.max_displacement_mm,
    )
    iris = IrisAutoCaptureSettings(
        min_clarity=capture.iris.min_preview_score,
        still_frames=capture.iris.still_frames,
        max_displacement=capture.iris.max_displacement,
    )
    portrait = PortraitAutoCaptureSettings(
        min_score=capture.portrait.min_quality,
        still_frames=capture.portrait.still_frames,
        max_displacement=capture.portrait.max_displacement,
    )
    modalities = ModalitySettings(finger, iris, capture.removal_s, capture.iris.liveness, portrait)
    return SessionSettings(modalities, capture.recovery_s)


def loopback(listen: str, name: str = "listen") -> str:
    """The address to listen on; ConfigError where others than this machine could reach it."""
    host, _ = host_and_port(name, listen)
    if host not in LOOPBACK:
        raise ConfigError(
            f"{name}: {host} is not this machine's loopback interface, and whoever calls here shows no certificate. "
            "Use 127.0.0.1; desks on other machines come by [grpc] listen"
        )
    return listen


def host_and_port(name: str, address: str) -> tuple[str, int]:
    """A configured address in its two halves; ConfigError where it is none."""
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{name}: {address!r} is not HOST:PORT")
    return host, int(port)
