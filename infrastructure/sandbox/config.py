"""What the operator decides about the sandbox."""

from dataclasses import dataclass, field
from pathlib import Path

_MEBIBYTE = 2**20


@dataclass(frozen=True)
class OutputCaps:
    """How much of what a run leaves in its working folder is looked at and kept."""

    files: int = 200
    entries: int = 5000
    depth: int = 8
    seconds: float = 10.0


@dataclass(frozen=True)
class SandboxConfig:
    """Where things are and how much a run may use.

    `python` is the interpreter of the code environment (a venv). `state_folder`
    keeps what is built once and mounted read-only (the font list), and
    `layers_folder` the layers of packages. `disk_bytes`
    and `inodes` bound the working folder; it lives in memory, so the memory that
    a run can take on the host is `memory_mb` plus twice the disk. `scan_s` is how often
    a running session looks for cancellation and broken limits. `spares` processes
    with the libraries already imported wait for code, forked from a zygote that is
    replaced after `zygote_forks`; with none, every run starts an interpreter, which
    is cheaper for a program that runs code once. A run may ask its host `requests`
    questions, `requests_at_once` of them at a time, and for `modules` that are not
    there; while packages are installed for it its clock stands still, for at most
    `install_s` in all.
    """

    python: Path
    state_folder: Path
    memory_mb: int = 1024
    processes: int = 64
    disk_bytes: int = 256 * _MEBIBYTE
    inodes: int = 20_000
    open_files: int = 512
    output_bytes: int = 1_000_000
    cpus: int = 2
    nice: int = 5
    scan_s: float = 0.05
    requests: int = 2000
    requests_at_once: int = 16
    modules: int = 200
    install_s: float = 120.0
    spares: int = 2
    zygote_forks: int = 1000
    bwrap: Path | None = None
    layers: Path | None = None
    guest_folder: Path = Path(__file__).parent / "guest"
    outputs: OutputCaps = field(default_factory=OutputCaps)

    @property
    def layers_folder(self) -> Path:
        """Where packages are, which come in layers."""
        return self.layers or self.state_folder / "layers"

    @property
    def memory_bytes(self) -> int:
        """Memory of one run's processes."""
        return self.memory_mb * _MEBIBYTE

    @property
    def most_memory_bytes(self) -> int:
        """Memory that one run can take on the host, its folders in memory included."""
        return self.memory_bytes + 2 * self.disk_bytes
