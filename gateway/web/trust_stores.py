"""Where the browsers of a Linux desk look for authorities, and how ours is put there and taken away again.

Chromium reads the NSS store of the user's home; Firefox one store of each profile; curl and others the system's.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gateway.durable_file import flush_folder

SYSTEM_FOLDER = Path("/usr/local/share/ca-certificates")
"""Of Debian's update-ca-certificates(8), which takes files that end in .crt."""
NICKNAME = "Rekam on this machine"
COMMAND_S = 60.0

_CHROMIUM = (".pki/nssdb", "snap/chromium/current/.pki/nssdb")
_FIREFOX = (
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
)
_TOOLS_REMEDY = "sudo apt install libnss3-tools, then again"


class StepState(StrEnum):
    """How a step ended."""

    DONE = "done"
    THERE = "there"
    ABSENT = "absent"
    """Nothing to do, or nothing there."""
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """What became of one store.

    Parameters
    ----------
    store : str
        `system`, `chromium` or `firefox`.
    place : Path
    state : StepState
    detail : str
        What was done, or why it could not be.
    remedy : str
        Of a failed step.
    """

    store: str
    place: Path
    state: StepState
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class TrustStores:
    """The stores of a user on this machine.

    Parameters
    ----------
    home : Path
        Of the user whose browsers are meant.
    system : Path
        Folder of the system's own authorities.
    search_path : str
        Where certutil and update-ca-certificates are looked for.
    """

    home: Path
    system: Path = SYSTEM_FOLDER
    search_path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    @classmethod
    def of_user(cls, environment: Mapping[str, str] = os.environ) -> "TrustStores":
        """Of whoever runs this; of the user who called sudo, whose browsers they are."""
        user = environment.get("SUDO_USER")
        home = Path(f"~{user}").expanduser() if user and os.geteuid() == 0 else Path.home()
        return cls(home)

    def install(self, authority: Path) -> Iterator[Step]:
        """Put the authority (PEM) into each store; each step is told when it is done."""
        yield self._install_system(authority)
        for store, folder in self._nss():
            yield self._install_nss(store, folder, authority)

    def uninstall(self) -> Iterator[Step]:
        """Take every authority of ours out of each store, older ones too."""
        yield self._uninstall_system()
        for store, folder in self._nss():
            yield self._uninstall_nss(store, folder)

    def show(self, authority: Path) -> Iterator[Step]:
        """Whether each store has it."""
        file = self._system_file
        there = file.exists() and file.read_bytes() == authority.read_bytes()
        yield Step("system", file, StepState.THERE if there else StepState.ABSENT, "has it" if there else "has it not")
        for store, folder in self._nss():
            yield self._show_nss(store, folder, authority)

    @property
    def _system_file(self) -> Path:
        return self.system / "rekam.crt"

    def _nss(self) -> list[tuple[str, Path]]:
        """Stores that exist; Chromium's own, which it makes at its first start, where it is installed."""
        found = [("chromium", self.home / name) for name in _CHROMIUM if (self.home / name / "cert9.db").exists()]
        for name in _FIREFOX:
            found += [("firefox", file.parent) for file in sorted((self.home / name).glob("*/cert9.db"))]
        return found

    def _install_system(self, authority: Path) -> Step:
        file, content = self._system_file, authority.read_bytes()
        if file.exists() and file.read_bytes() == content:
            return Step("system", file, StepState.THERE, "had it already")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")  # not .crt: nobody takes it for one before it is whole
            part.write_bytes(content)
            part.chmod(0o644)
            part.replace(file)
            flush_folder(file.parent)
        except OSError as error:
            return Step("system", file, StepState.FAILED, f"cannot be written: {error.strerror}", "run it with sudo")
        return self._refreshed("now has it")

    def _uninstall_system(self) -> Step:
        file = self._system_file
        try:
            file.unlink()
        except FileNotFoundError:
            return Step("system", file, StepState.ABSENT, "had it not")
        except OSError as error:
            return Step("system", file, StepState.FAILED, f"cannot be removed: {error.strerror}", "run it with sudo")
        return self._refreshed("no longer has it")

    def _refreshed(self, detail: str) -> Step:
        fault = self._run("update-ca-certificates")
        if fault:
            remedy = "sudo apt install ca-certificates; sudo update-ca-certificates"
            return Step("system", self._system_file, StepState.FAILED, fault, remedy)
        return Step("system", self._system_file, StepState.DONE, detail)

    def _install_nss(self, store: str, folder: Path, authority: Path) -> Step:
        if self._in_nss(folder, authority):
            return Step(store, folder, StepState.THERE, "had it already")
        self._remove_from_nss(folder)
        fault = self._certutil("-A", folder, "-t", "C,,", "-n", NICKNAME, "-i", str(authority))
        if fault:
            return Step(store, folder, StepState.FAILED, fault, self._remedy())
        return Step(store, folder, StepState.DONE, "now has it; close the browser and open it again")

    def _uninstall_nss(self, store: str, folder: Path) -> Step:
        if self._tool("certutil") is None:
            return Step(store, folder, StepState.FAILED, "certutil is not installed", _TOOLS_REMEDY)
        removed = self._remove_from_nss(folder)
        if removed:
            return Step(store, folder, StepState.DONE, "no longer has it")
        return Step(store, folder, StepState.ABSENT, "had it not")

    def _show_nss(self, store: str, folder: Path, authority: Path) -> Step:
        if self._tool("certutil") is None:
            return Step(store, folder, StepState.FAILED, "certutil is not installed", _TOOLS_REMEDY)
        there = self._in_nss(folder, authority)
        return Step(store, folder, StepState.THERE if there else StepState.ABSENT, "has it" if there else "has it not")

    def _in_nss(self, folder: Path, authority: Path) -> bool:
        tool = self._tool("certutil")
        if tool is None:
            return False
        command = [tool, "-L", "-d", f"sql:{folder}", "-n", NICKNAME, "-a"]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=COMMAND_S
        )
        return not done.returncode and _pem_body(done.stdout) == _pem_body(authority.read_text("ascii"))

    def _remove_from_nss(self, folder: Path) -> int:
        """Certificates taken out; one name may hold several."""
        removed = 0
        while removed < 100 and not self._certutil("-D", folder, "-n", NICKNAME):
            removed += 1
        return removed

    def _certutil(self, action: str, folder: Path, *arguments: str) -> str:
        return self._run("certutil", action, "-d", f"sql:{folder}", *arguments)

    def _run(self, name: str, *arguments: str) -> str:
        """Run a tool; what went wrong, empty where nothing did."""
        tool = self._tool(name)
        if tool is None:
            return f"{name} is not installed"
        try:
            done = subprocess.run(  # noqa: S603
                [tool, *arguments], capture_output=True, text=True, check=False, timeout=COMMAND_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{name} failed: {error}"
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return f"{name} failed: {said[-1] if said else f'status {done.returncode}'}"
        return ""

    def _tool(self, name: str) -> str | None:
        return shutil.which(name, path=self.search_path)

    def _remedy(self) -> str:
        return "close the browser, then again" if self._tool("certutil") else _TOOLS_REMEDY


def _pem_body(text: str) -> str:
    return "".join(line for line in text.split() if not line.startswith("-----") and "CERTIFICATE" not in line)
