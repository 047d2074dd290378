"""The stack of containers: what it sets are settings."""

import re
from pathlib import Path

from infrastructure.settings import Settings

DOCKER = Path(__file__).parents[3] / "deploy" / "docker"
STACK = (DOCKER / "stack.yaml").read_text()
OF_STORES = {"POSTGRES_PASSWORD", "LEDGER_PASSWORD", "S3_SECRET_KEY", "FILELEDGER_APPARMOR"}


def settings() -> set[str]:
    """Return the names of every setting."""
    return {name.upper() for name in Settings.model_fields}


def test_every_variable_of_the_bot_is_a_setting() -> None:
    """A misspelt or renamed one would be left out without a word."""
    bot = STACK.split("\n  bot:")[1].split("\n    healthcheck:")[0].split("environment:")[1]
    names = set(re.findall(r"^      ([A-Z_0-9]+):", bot, re.MULTILINE))
    assert {"DISCORD_TOKEN", "LEDGER_URL", "MONGODB_URI", "BLOB_URL"} <= names <= settings()


def test_every_variable_that_is_asked_for_is_in_the_example() -> None:
    """Who copies the example is asked for nothing else."""
    example = (DOCKER / "stack.env.example").read_text()
    offered = set(re.findall(r"^#?([A-Z_0-9]+)=", example, re.MULTILINE))
    wanted = set(re.findall(r"\$\{([A-Z_0-9]+)", STACK))
    assert wanted - {"FILELEDGER_APPARMOR"} <= offered <= settings() | OF_STORES


def test_every_setting_is_in_the_example_of_the_environment() -> None:
    """`.env.example` names them all, and nothing else."""
    example = (DOCKER.parents[1] / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z_0-9]+)=", example, re.MULTILINE)) == settings()
