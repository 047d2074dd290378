"""Settings: defaults, and bad values that name themselves."""

from pathlib import Path

import pytest

from domain.errors import InvalidValueError
from infrastructure.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from no variables and no .env file."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_those_of_the_contract() -> None:
    """48 hours, 20 files, 20 outputs, 50 MB a file, 1024 MB a user, 60 s, 1024 MB of memory."""
    settings = load_settings()
    assert settings.file_expiration_hours == 48
    assert (settings.limits.max_files, settings.limits.max_generated_files) == (20, 20)
    assert (settings.limits.max_file_bytes, settings.limits.max_bytes) == (50 * 2**20, 1024 * 2**20)
    assert (settings.code_execution_timeout, settings.sandbox_memory_mb) == (60, 1024)


def test_the_dotenv_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """.env gives values, a variable overrides them, an empty value counts as unset."""
    (tmp_path / ".env").write_text("MAX_FILES_PER_USER=7\nFILE_EXPIRATION_HOURS=-1\nOPENAI_MODEL=\n")
    assert load_settings().limits.max_files == 7
    monkeypatch.setenv("MAX_FILES_PER_USER", "8")
    settings = load_settings()
    assert (settings.limits.max_files, settings.file_expiration_hours, settings.openai_model) == (8, -1, None)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("FILE_EXPIRATION_HOURS", "0", "-1 for never"),
        ("FILE_EXPIRATION_HOURS", "-2", "-1 for never"),
        ("FILE_EXPIRATION_HOURS", "nan", "-1 for never"),
        ("FILE_EXPIRATION_HOURS", "inf", "-1 for never"),
        ("FILE_EXPIRATION_HOURS", "soon", "a number"),
        ("MAX_FILES_PER_USER", "0", "greater than or equal to 1"),
        ("MAX_FILES_PER_USER", "2.5", "whole number"),
        ("OPENAI_BASE_URL", "notaurl", "http://"),
        ("MAX_FILE_SIZE_MB", "-1", "greater than 0"),
        ("CODE_EXECUTION_TIMEOUT", "0", "greater than 0"),
        ("SANDBOX_MEMORY_MB", "1", "greater than or equal to 128"),
        ("PACKAGE_POLICY", "all", "'off', 'allowlist' or 'popular'"),
        ("PACKAGE_POPULAR_RANK", "20000", "less than or equal to 15000"),
        ("PACKAGE_ALLOWLIST", "default,@/no/such/file", "allowed are names of packages"),
        ("BLOB_URL", "https://bucket", "s3://BUCKET/PREFIX"),
        ("BLOB_URL", "s3://", "s3://BUCKET/PREFIX"),
        ("MODEL_PRICES", "gpt=cheap", "MODEL=INPUT/OUTPUT"),
        ("MODEL_PRICES", "0.25/2", "MODEL=INPUT/OUTPUT"),
        ("MODEL_PRICES", "gpt=-1/2", "MODEL=INPUT/OUTPUT"),
        ("DAILY_TOKEN_LIMIT_PER_USER", "-1", "greater than or equal to 0"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    """Variable, value and rule stand in one line."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidValueError) as raised:
        load_settings()
    line = str(raised.value)
    assert line.startswith(f"{name}={value!r} is not allowed")
    assert allowed in line
    assert "\n" not in line


def test_prices_are_read_by_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may hold what divides names from prices."""
    monkeypatch.setenv("MODEL_PRICES", "gpt-5.4-mini=0.25/2, org/model:a=b=0/0")
    prices = load_settings().model_prices

    assert list(prices) == ["gpt-5.4-mini", "org/model:a=b"]
    assert prices["gpt-5.4-mini"].cost_micros(1000, 1000) == 2250


def test_admins_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces and empty parts do not count."""
    monkeypatch.setenv("ADMIN_USER_IDS", "1, 2,,3 ")
    assert load_settings().admin_user_ids == {"1", "2", "3"}


def test_the_given_folder_wins_and_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--data-dir overrides the variable."""
    monkeypatch.setenv("FILELEDGER_DATA_DIR", "/elsewhere")
    assert load_settings(Path("here")).fileledger_data_dir == tmp_path / "here"


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the text of the settings nor in a complaint."""
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("MONGODB_URI", "mongodb://u:pass-secret@h/")
    monkeypatch.setenv("LEDGER_URL", "postgresql://u:pass-secret@h/")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret")
    assert "-secret" not in repr(load_settings())


def test_a_ledgers_address_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold a password."""
    monkeypatch.setenv("LEDGER_URL", "mysql://me:secret@x/y")
    with pytest.raises(InvalidValueError, match="begins with postgresql://") as raised:
        load_settings()
    assert "secret" not in str(raised.value)
