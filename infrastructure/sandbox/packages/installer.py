"""Has uv look up and unpack a package in confinement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infrastructure.sandbox.packages.confinement import (
    UV,
    Confinement,
    LateError,
    StoppedError,
    python_inside,
)
from infrastructure.sandbox.packages.resolution import (
    InstallError,
    NoTorchIndexError,
    Resolution,
    UndatedError,
    UnreachableError,
    explained,
    read_lock,
)

_WANTED, _CONSTRAINTS, _LOCK, _TREE = "wanted.in", "constraints.txt", "pylock.toml", "tree"


@dataclass(frozen=True)
class _Options:
    """Releases of what age, and where the torch family comes from."""

    age: Sequence[str]
    torch: Sequence[str]


@dataclass(frozen=True)
class Installer:
    """One install, in a staging folder of its own.

    Wheels only, so that nothing of a package runs; what is downloaded has the hashes
    that the index promised when the package was looked up.
    """

    confinement: Confinement
    is_abandoned: Callable[[], bool]

    @property
    def tree(self) -> Path:
        """The folder that packages were unpacked into."""
        return self.confinement.staging / _TREE

    def resolve(self, distribution: str, pins: Mapping[str, str]) -> Resolution:
        """Look up the distribution and what it needs, all of it fitting to `pins`, less what the base has.

        Raises:
            InstallError: there is none, or the index does not answer.
        """
        staging, config = self.confinement.staging, self.confinement.config
        (staging / _WANTED).write_text(f"{distribution}\n", encoding="ascii")
        constraints = "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))
        (staging / _CONSTRAINTS).write_text(constraints, encoding="ascii")
        self.confinement.take()
        options = _Options(
            age=[f"--exclude-newer={config.cooling_off.days} days"] if config.cooling_off.days else [],
            torch=["--torch-backend", config.torch_backend] if config.torch_backend else [],
        )
        self._compile(distribution, options)
        return read_lock(staging / _LOCK)

    def install(self, distribution: str) -> None:
        """Download and unpack what was looked up.

        Raises:
            InstallError: it cannot be had, or is too much.
        """
        caps = self.confinement.config.caps
        options = ["--no-deps", "--target", _TREE, "--preview-features", "pylock", "--requirement", _LOCK]
        self._uv(["install", *options], distribution, caps.install_s)
        if not self.tree.is_dir() or self.tree.is_symlink():
            msg = "it unpacked to nothing"
            raise InstallError(msg)

    def _compile(self, distribution: str, options: "_Options") -> None:
        """Look it up; without an option that an index cannot do, if need be."""
        words = ["compile", "--format", "pylock.toml", "--no-header", "--no-annotate"]
        words += [word for name in self.confinement.base.pins for word in ("--no-emit-package", name)]
        words += [
            "--constraints",
            _CONSTRAINTS,
            "--output-file",
            _LOCK,
            _WANTED,
            *options.age,
            *options.torch,
        ]
        try:
            self._uv(words, distribution, self.confinement.config.caps.resolve_s)
        except UndatedError:
            self._compile(distribution, replace(options, age=[]))
        except NoTorchIndexError:
            self._compile(distribution, replace(options, torch=[]))

    def _uv(self, words: list[str], distribution: str, timeout_s: float) -> None:
        python = str(python_inside(self.confinement.base.interpreter))
        command = [str(UV), "pip", *words, "--only-binary", ":all:", "--python", python]
        try:
            ended = self.confinement.run(command, timeout_s=timeout_s, is_abandoned=self.is_abandoned)
        except LateError as error:
            msg = f"the package index took too long to give {distribution!r}"
            raise UnreachableError(msg) from error
        except StoppedError as error:
            msg = f"its installation was stopped: {error}"
            raise InstallError(msg) from error
        if ended.code != 0:
            raise explained(ended.said, distribution)
