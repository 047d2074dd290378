"""The operator's settings: environment variables, and `.env` in the current folder.

A bad value stops the start with the variable's name, its value and what is
allowed; secrets are never shown.
"""

import re
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import InvalidValueError
from domain.packages import PackagePolicy
from domain.rate_limits import Activity, Rate
from domain.retention import NEVER_EXPIRES_HOURS, Limits
from domain.spending import Price
from infrastructure.sandbox.packages.lists import allowed_names

MEBIBYTE = 2**20
BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")
MAX_HOURS = 100 * 365 * 24
_ALLOWED = {
    "float_parsing": "allowed is a number, with a point for fractions (48, 0.1)",
    "int_parsing": "allowed is a whole number",
    "int_from_float": "allowed is a whole number",
}


class LogLevel(StrEnum):
    """What a log line must at least be, to be written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line is written."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    discord_token: SecretStr | None = None
    discord_channel_ids: Annotated[frozenset[str], NoDecode] = frozenset()
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str | None = None
    daily_token_limit_per_user: int | None = Field(default=None, ge=0, le=10**12)
    model_prices: Annotated[dict[str, Price], NoDecode] = Field(default_factory=dict)
    conversation_hours: float = Field(default=24, gt=0, le=MAX_HOURS)
    mongodb_uri: SecretStr | None = None
    ledger_url: SecretStr | None = None
    checkpoint_key_file: Path | None = None
    blob_url: str | None = None
    aws_endpoint_url: str | None = None
    aws_region: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    file_expiration_hours: float = 48.0
    max_files_per_user: int = Field(default=20, ge=1, le=10_000)
    max_generated_files_per_user: int = Field(default=20, ge=1, le=10_000)
    max_file_size_mb: float = Field(default=50, gt=0, le=100_000)
    max_bytes_per_user_mb: float = Field(default=1024, gt=0, le=10_000_000)
    code_execution_timeout: float = Field(default=60, gt=0, le=86_400)
    sandbox_memory_mb: int = Field(default=1024, ge=128, le=1_000_000)
    sandbox_max_runs: int | None = Field(default=None, ge=1, le=1000)
    package_policy: PackagePolicy = PackagePolicy.POPULAR
    package_popular_rank: int = Field(default=5000, ge=1, le=15_000)
    package_allowlist: str = "default"
    package_max_mb: float = Field(default=1024, gt=0, le=100_000)
    package_cache_mb: float = Field(default=10_240, gt=0, le=10_000_000)
    package_cooling_off_days: int = Field(default=3, ge=0, le=365)
    max_uploads_per_minute: int = Field(default=60, ge=1, le=10_000)
    max_runs_per_minute: int = Field(default=20, ge=1, le=10_000)
    max_questions_per_minute: int = Field(default=20, ge=1, le=10_000)
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    admin_user_ids: Annotated[frozenset[str], NoDecode] = frozenset()
    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT
    fileledger_data_dir: Path = Field(default_factory=lambda: user_data_path("fileledger"))

    @field_validator("file_expiration_hours")
    @classmethod
    def _positive_or_never(cls, hours: float) -> float:
        if hours == NEVER_EXPIRES_HOURS or 0 < hours <= MAX_HOURS:
            return hours
        msg = f"allowed are hours above 0 (fractions too, up to {MAX_HOURS}), or -1 for never"
        raise ValueError(msg)

    @field_validator("checkpoint_key_file")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @field_validator("admin_user_ids", "discord_channel_ids", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            frozenset(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("package_allowlist")
    @classmethod
    def _names(cls, allowlist: str) -> str:
        allowed_names(allowlist)
        return allowlist

    @field_validator("model_prices", mode="before")
    @classmethod
    def _price_list(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return dict(_priced_model(part) for part in value.split(",") if part.strip())
        except (ValueError, ArithmeticError) as error:
            msg = "allowed are prices a million tokens as MODEL=INPUT/OUTPUT, separated by commas (m=0.25/2)"
            raise ValueError(msg) from error

    @field_validator("ledger_url")
    @classmethod
    def _ledger_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            msg = "allowed is an address that begins with postgresql://, or nothing"
            raise ValueError(msg)
        return url

    @field_validator("blob_url")
    @classmethod
    def _bucket(cls, url: str | None) -> str | None:
        if url is not None and not BUCKET_URL.fullmatch(url):
            msg = "allowed is s3://BUCKET or s3://BUCKET/PREFIX, or nothing"
            raise ValueError(msg)
        return url

    @field_validator("mongodb_uri")
    @classmethod
    def _mongodb_address(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri is not None and not uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            msg = "allowed is an address that begins with mongodb:// or mongodb+srv://, or nothing"
            raise ValueError(msg)
        return uri

    @field_validator("openai_base_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            msg = "allowed is an address that begins with http:// or https://, or nothing"
            raise ValueError(msg)
        return url

    @property
    def limits(self) -> Limits:
        """The limits of every user, in files and bytes."""
        return Limits(
            max_files=self.max_files_per_user,
            max_generated_files=self.max_generated_files_per_user,
            max_bytes=int(self.max_bytes_per_user_mb * MEBIBYTE),
            max_file_bytes=int(self.max_file_size_mb * MEBIBYTE),
        )

    @property
    def rates(self) -> dict[Activity, Rate]:
        """How often one user may do what."""
        return {
            Activity.UPLOAD: Rate(self.max_uploads_per_minute),
            Activity.RUN: Rate(self.max_runs_per_minute),
            Activity.QUESTION: Rate(self.max_questions_per_minute),
        }


def load_settings(data_dir: Path | None = None) -> Settings:
    """Read the settings; `data_dir` wins over the environment.

    Raises:
        InvalidValueError: names every bad variable, its value and what is allowed.
    """
    given: dict[str, Any] = {"fileledger_data_dir": data_dir} if data_dir else {}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        lines = [_complaint(detail) for detail in error.errors()]
        raise InvalidValueError("\n".join(lines)) from error
    return settings.model_copy(
        update={"fileledger_data_dir": settings.fileledger_data_dir.expanduser().absolute()}
    )


def _priced_model(text: str) -> tuple[str, Price]:
    """Return the model and its price that `MODEL=INPUT/OUTPUT` names; a model's name may hold `=` and `/`."""
    model, _, prices = text.strip().rpartition("=")
    input_price, _, output_price = prices.partition("/")
    if not model:
        raise ValueError(text)
    price = Price(input_per_million=Decimal(input_price), output_per_million=Decimal(output_price))
    return model.strip(), price


def _complaint(detail: Any) -> str:
    name = str(detail["loc"][0]).upper()
    secret = name.endswith(("TOKEN", "KEY", "URI")) or name == "LEDGER_URL"
    shown = "(not shown)" if secret else repr(detail["input"])
    allowed = _ALLOWED.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    return f"{name}={shown} is not allowed: {allowed}."
