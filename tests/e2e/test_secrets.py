"""Secrets of the operator are planted in every setting, and looked for in all that is kept and said."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from infrastructure.settings import Settings
from tests.support.program import Program

SECRET = "planted{}0123456789abcdef"
PLACES = {
    "DISCORD_TOKEN": "{}",
    "OPENAI_API_KEY": "{}",
    "LEDGER_URL": "postgresql://someone:{}@127.0.0.1:1/ledger",
    "MONGODB_URI": "mongodb://someone:{}@127.0.0.1:1/?serverSelectionTimeoutMS=50",
    "AWS_ACCESS_KEY_ID": "{}",
    "AWS_SECRET_ACCESS_KEY": "{}",
}
KEPT = ("DISCORD_TOKEN", "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
HARMLESS = {"LOG_LEVEL": "debug", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_MODEL": "m"}
LOOK = "import os, pathlib; print(dict(os.environ), pathlib.Path('/proc/self/environ').read_bytes())"


def planted(name: str) -> str:
    """Return the secret of a setting."""
    return SECRET.format(name.lower().replace("_", ""))


def setting(name: str) -> str:
    """Return a setting with its secret in it."""
    return PLACES[name].format(planted(name))


def told(folder: Path) -> Iterator[bytes]:
    """Yield every name and every byte below a folder, also those in archives."""
    for path in folder.rglob("*"):
        yield str(path).encode()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from map(archive.read, archive.namelist())
        elif path.is_file():
            yield path.read_bytes()


def test_every_secret_setting_is_among_the_planted() -> None:
    """A new secret is looked for, too."""
    secret = {
        name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    assert secret == set(PLACES)


def test_no_secret_is_kept_said_or_handed_out(served: Program, table: Path, tmp_path: Path) -> None:
    """Not in the ledger, journal, logs, errors, exports and backups, nor in the environment of a run."""
    served.environment |= HARMLESS | {name: setting(name) for name in KEPT}
    script, out = tmp_path / "look.py", tmp_path / "out"
    script.write_text(LOOK)
    out.mkdir()
    commands = [
        ("upload", "--user", "alice", str(table)),
        ("run", "--user", "alice", str(script)),
        ("ask", "--user", "alice", "how many rows?"),
        ("doctor",),
        ("verify", "--json"),
        ("metrics",),
        ("checkpoint", "-o", str(out)),
        ("export", "--user", "alice", "-o", str(out)),
        ("backup", str(out / "backup")),
    ]
    ended = [served.run(*command) for command in commands]
    for name in ("LEDGER_URL", "MONGODB_URI"):
        kept = dict(served.environment)
        served.environment[name] = setting(name)
        ended += [served.run("files", "--user", "alice"), served.run("doctor")]
        assert ended[-2].returncode == 3
        served.environment = kept
    ran = ended[1].stdout
    assert "PATH" in ran
    said = [text.encode() for result in ended for text in (result.stdout, result.stderr)]
    everything = [*said, *told(tmp_path)]
    assert any(b"table.csv" in text for text in everything)
    assert [name for name in PLACES if any(planted(name).encode() in text for text in everything)] == []


def test_nobody_else_on_the_machine_may_enter_or_read(served: Program, table: Path) -> None:
    """Folders 0700 at the most, files 0600; only what all runs share, which is nobody's, is open."""
    served.json("upload", "--user", "alice", str(table))
    shared = {"packages", "sandbox"}
    open_to_others = [
        path
        for path in served.data_dir.rglob("*")
        if path.relative_to(served.data_dir).parts[0] not in shared and path.lstat().st_mode & 0o077
    ]
    assert served.data_dir.stat().st_mode & 0o077 == 0
    assert open_to_others == []
