"""`rekam doctor`: checks everything from USB permission to clock, and says what mends it; needs no gateway."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.checks.finding import Finding, Level, problem
from gateway.cli.exits import ExitStatus
from gateway.cli.output import Output, finish, reporting
from gateway.cli.udev_rules import udev_rules_written

if TYPE_CHECKING:
    from gateway.config import Config

UDEV_RULES_FILE = Path("/etc/udev/rules.d/70-rekam.rules")
"""Read before 73-seat-late.rules, which acts on the tag `uaccess`."""

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


def doctor(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings, TOML.")] = None,
    state: options.StateHere = None,
    write_udev_rules: Annotated[
        bool,
        typer.Option("--write-udev-rules", help="Write the udev rules that let this desk open its devices, and end."),
    ] = False,
    udev_rules_file: Annotated[
        Path, typer.Option("--udev-rules-file", metavar="FILE", help="Where they are written.")
    ] = UDEV_RULES_FILE,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser", help="Check the way from this desk's browser to the running gateway, and nothing else."
        ),
    ] = False,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="With --browser: say the address, and open no browser.")
    ] = False,
    wait_s: Annotated[
        float, typer.Option("--wait", metavar="S", help="With --browser: for who opens the page and types the code.")
    ] = 180.0,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
) -> None:
    """Check this machine and the gateway, and say what is wrong and what mends it.

    With --browser a page opens that walks from the browser to the gateway: TLS, HTTP/2, the permission Local Network
    Access, the page's origin, pairing, a stream. The first link that is broken is named with its remedy.

    Exit status 0 where nothing keeps a gateway from working, even with warnings; 3 where something does.
    """
    with reporting(as_json=as_json) as output:
        from gateway.cli.connection import checked_address

        if write_udev_rules:
            udev_rules_written(udev_rules_file, output)
            return
        address = checked_address(gateway) if gateway is not None else None
        findings = []
        looked = _browser(config, state, wait_s, output, no_open=no_open) if browser else None
        for finding in looked or _findings(config, state, address):
            findings.append(finding)
            if not as_json:
                _tell(finding, output)
        problems = sum(each.level is Level.PROBLEM for each in findings)
        warnings = sum(each.level is Level.WARNING for each in findings)
        output.document(
            {
                "ok": not problems,
                "problems": problems,
                "warnings": warnings,
                "findings": [
                    {
                        "name": each.name,
                        "level": each.level.value,
                        "detail": each.detail,
                        "remedy": each.remedy or None,
                    }
                    for each in findings
                ],
            }
        )
        if not as_json:
            output.say()
            output.say(_summary(problems, warnings))
        finish(ExitStatus.OUTCOME if problems else ExitStatus.DONE)


def _browser(
    config: Path | None, state: Path | None, wait_s: float, output: Output, *, no_open: bool
) -> Iterator[Finding]:
    from gateway.cli.checks.browser import check_browser
    from gateway.config import ConfigError, read_config
    from gateway.state_folder import default_state_folder

    try:
        folder = state or read_config(config).state or default_state_folder()
    except ConfigError as error:
        yield problem("configuration", str(error), "Mend the file; docs/configuration.md names every key")
        return
    yield from check_browser(folder, wait_s, output.note, open_it=not no_open)


def _findings(config: Path | None, state: Path | None, gateway: str | None) -> Iterator[Finding]:
    from gateway.cli.checks import software

    yield from _checked("python", software.check_python)
    libraries = list(_checked("libraries", software.check_libraries))
    yield from libraries
    if any(each.level is Level.PROBLEM for each in libraries):
        return  # what follows would only say the same in other words
    from gateway.cli.checks import machine, usb_devices

    yield from _checked("drivers", software.check_drivers)
    yield from _checked("libusb", usb_devices.check_libusb)
    yield from _checked("USB devices", usb_devices.check_usb_devices)
    yield from _checked("drivers", usb_devices.check_looks)
    yield from _configured(config, state, gateway)
    for name, check in (
        ("clock", machine.check_clock),
        ("memory", machine.check_memory),
        ("shared memory", machine.check_shared_memory),
        ("open files", machine.check_open_files),
    ):
        yield from _checked(name, check)


def _configured(config: Path | None, state: Path | None, gateway: str | None) -> Iterator[Finding]:
    """What depends on the configuration: state folder, key, ports, the running gateway."""
    from gateway.cli.checks import network
    from gateway.cli.checks.finding import ok
    from gateway.cli.checks.state import check_folder, check_key, check_lock
    from gateway.config import Config, ConfigError, read_config
    from gateway.state_folder import default_state_folder

    try:
        settings = read_config(config)
        yield ok("configuration", f"{config} is good" if config else "defaults; no --config was given")
    except ConfigError as error:
        settings = Config()
        yield problem("configuration", str(error), "Mend the file; docs/configuration.md names every key")
    yield from _checked("configuration", lambda: _check_device_tables(settings))
    folder = state or settings.state or default_state_folder()
    yield from _checked("state folder", lambda: check_folder(folder, settings.spool.reserve_mb))
    yield from _checked("state lock", lambda: check_lock(folder))
    yield from _checked("signing key", lambda: check_key(folder))
    found = list(_checked("gateway", lambda: network.check_gateway(folder, settings.listen, gateway)))
    yield from found
    if not settings.listen or any(each.name == "gRPC port" for each in found):
        yield from _checked("desks port", lambda: network.check_port("desks port", settings.grpc.listen))
        yield from _checked("metrics port", lambda: network.check_port("metrics port", settings.metrics))
        yield from _checked("web port", lambda: network.check_port("web port", settings.web.listen))
    yield from _checked("web door", lambda: network.check_web(folder))


def _check_device_tables(settings: "Config") -> Iterator[Finding]:
    """A table of a driver that is not there would do nothing, in silence."""
    from drivers import installed_drivers

    for table in settings.device:
        if table.driver not in installed_drivers():
            detail = f"[[device]] names the driver {table.driver!r}; installed: {', '.join(installed_drivers())}"
            yield problem("configuration", detail, "Mend its spelling, or install the package that brings it")


def _checked(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check's findings; one that breaks hides none of the others."""
    try:
        yield from check()
    except Exception as error:
        yield problem(name, f"could not be checked: {type(error).__name__}: {error}", "Report this as a fault of rekam")


def _tell(finding: Finding, output: Output) -> None:
    from rich.text import Text

    console = output.console()
    line = Text.assemble((f"{finding.level.value:8}", _STYLES[finding.level]), f"{finding.name}: {finding.detail}")
    console.print(line, soft_wrap=True)
    if finding.remedy:
        console.print(Text(f"{'':8}{finding.remedy}", style="bold"), soft_wrap=True)


def _summary(problems: int, warnings: int) -> str:
    if not problems and not warnings:
        return "All is well."
    counted = [f"{count} {word}{'s' if count != 1 else ''}" for count, word in _counts(problems, warnings) if count]
    return " and ".join(counted) + ("." if problems else "; nothing keeps a gateway from working.")


def _counts(problems: int, warnings: int) -> tuple[tuple[int, str], ...]:
    return (problems, "problem"), (warnings, "warning")
