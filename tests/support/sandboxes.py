"""A sandbox to run code in, and a host that remembers what the run did."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from application.ports.progress import Progress
from application.ports.sandbox import Check, GrantedFile, OutputStream, RunRequest, RunResult
from domain.file_types import HEAD_BYTES, identify
from domain.files import LedgerFile
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.packages.source import PackageSource
from tests.support.fonts import keep_fonts, lend_fonts

SANDBOX_PYTHON = Path(__file__).parents[2] / ".venv-sandbox" / "bin" / "python"
MEBIBYTE = 2**20


@dataclass
class RecordingHost:
    """A `RunHost` that grants the files of `granted` and keeps everything that it is told."""

    granted: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    outputs: dict[str, bytes] = field(default_factory=dict)
    shown: list[tuple[OutputStream, str]] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)
    cancelled: str = ""

    def open_file(self, reference: str) -> GrantedFile | None:
        """Open a granted file, or the newest one of that name."""
        self.asked.append(reference)
        names = {path.name: file_id for file_id, path in self.granted.items()}
        file_id = reference if reference in self.granted else names.get(reference, "")
        path = self.granted.get(file_id)
        if path is None:
            return None
        content = path.open("rb")
        kind = identify(path.name, content.read(HEAD_BYTES))
        content.seek(0)
        return GrantedFile(file_id, path.name, kind, content)

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Keep the bytes."""
        self.outputs[name] = content.read()
        return None

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Remember the text."""
        self.shown.append((stream, text))

    def show_progress(self, progress: Progress) -> None:
        """Remember the words for it."""
        self.progress.append(str(progress))

    def files(self) -> Sequence[LedgerFile]:
        """List the granted files, oldest first."""
        return [_described(file_id, path) for file_id, path in self.granted.items()]

    def cancelled_by(self) -> str:
        """Return who wants the run stopped."""
        return self.cancelled


def _described(file_id: str, path: Path) -> LedgerFile:
    """Describe a file that was uploaded in 2026 and stays."""
    return LedgerFile(
        file_id=file_id,
        filename=path.name,
        extension=path.suffix,
        file_type="text",
        size_bytes=path.stat().st_size,
        sha256="",
        uploaded_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        expires_at=None,
    )


@dataclass
class Runs:
    """Runs code in one sandbox, for one host."""

    sandbox: BubblewrapSandbox
    host: RecordingHost = field(default_factory=RecordingHost)

    def __call__(self, code: str, timeout_s: float = 20.0) -> RunResult:
        """Run `code` to its end."""
        return self.sandbox.run(RunRequest("execution", "user", code, timeout_s), self.host)

    def printed(self, code: str) -> str:
        """Return what code that ends well prints."""
        result = self(code)
        assert result.exit_code == 0, result
        return result.stdout.strip()


def config(state_folder: Path, **changes: Any) -> SandboxConfig:
    """Return settings that make the limits quick to reach."""
    settings: dict[str, Any] = {
        "memory_mb": 512,
        "disk_bytes": 32 * MEBIBYTE,
        "inodes": 3000,
        "output_bytes": 200_000,
        "spares": 0,
    }
    return SandboxConfig(python=SANDBOX_PYTHON, state_folder=state_folder, **settings | changes)


@contextmanager
def opened(
    settings: SandboxConfig, packages: PackageSource | None = None, *, has_fonts: bool = True
) -> Iterator[BubblewrapSandbox]:
    """Yield a sandbox, and close it; with `has_fonts` it need not look for them, if another one did."""
    if has_fonts:
        lend_fonts(settings.state_folder)
    sandbox = BubblewrapSandbox(settings, packages)
    try:
        yield sandbox
    finally:
        sandbox.close()
        keep_fonts(settings.state_folder)


def spares_check(sandbox: BubblewrapSandbox) -> Check:
    """Return what the sandbox says of its spares."""
    return next(check for check in sandbox.checks() if check.name == "sandbox spares")


def await_spares(sandbox: BubblewrapSandbox, said: str = "2 ready", timeout_s: float = 60.0) -> Check:
    """Wait until the sandbox says so of its spares, and return all that it says."""
    sandbox.warm()
    end = time.monotonic() + timeout_s
    while said not in (check := spares_check(sandbox)).detail:
        assert time.monotonic() < end, check
        time.sleep(0.02)
    return check
