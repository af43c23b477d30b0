"""`rekam doctor --write-udev-rules`: give this desk the right to open its devices."""

import contextlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import Output

UDEVADM_TIMEOUT_S = 20


def udev_rules_written(path: Path, output: Output) -> None:
    """Write the rules of all installed drivers, and have udev read them where it runs.

    Raises
    ------
    CommandFailure
        The file cannot be written; the message says as whom to run it.
    """
    from drivers import udev_rules

    text = udev_rules()
    # Whole or not at all: udev reads the folder whenever something is plugged in.
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        again = f"sudo {shlex.quote(sys.executable)} -m gateway.cli doctor --write-udev-rules"
        remedy = again if isinstance(error, PermissionError) else "name another place with --udev-rules-file"
        raise CommandFailure(
            ExitStatus.USAGE, "FILE_UNWRITABLE", f"{path} cannot be written: {error.strerror}. Remedy: {remedy}"
        ) from error
    rules = sum(line.startswith("SUBSYSTEM") for line in text.splitlines())
    reloaded = _reload()
    output.document({"file": str(path), "rules": rules, "reloaded": reloaded})
    if not output.as_json:
        output.say(f"{rules} rules are in {path}.")
        output.say(
            "Devices that are plugged in from now on may be opened by the group plugdev."
            if reloaded
            else "udev was not told, as it does not run here or refused; where it runs: udevadm control --reload"
        )


def _reload() -> bool:
    """Whether udev has read the rules and applied them to what is attached."""
    udevadm = shutil.which("udevadm")
    if udevadm is None or not Path("/run/udev/control").exists():
        return False
    commands = (["control", "--reload"], ["trigger", "--subsystem-match=usb", "--action=change"])
    try:
        for arguments in commands:
            subprocess.run([udevadm, *arguments], check=True, capture_output=True, timeout=UDEVADM_TIMEOUT_S)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return True
