"""The lists of names: those that are shipped, and the operator's."""

import os
from pathlib import Path

import pytest

from domain.errors import InvalidValueError
from domain.packages import Candidate, PackagePolicy, normalized
from infrastructure.sandbox.packages.lists import MAX_LIST_BYTES, allowed_names, load_rules

ORIGINAL = (
    "numpy pandas scipy matplotlib seaborn sklearn tensorflow torch spacy xgboost lightgbm catboost "
    "transformers plotly bokeh statsmodels nltk"
)


@pytest.mark.parametrize("module", ORIGINAL.split())
def test_the_data_stack_is_allowed_under_either_policy(module: str) -> None:
    """What people do data work with needs no popularity."""
    for policy in (PackagePolicy.ALLOWLIST, PackagePolicy.POPULAR):
        assert isinstance(load_rules(policy, 100, "default", frozenset()).decide(module), Candidate)


def test_the_ranking_is_the_one_that_its_source_says() -> None:
    """Names in the order of their downloads, each once."""
    ranking = load_rules(PackagePolicy.POPULAR, 100, "default", frozenset()).ranking
    assert ranking[:2] == ("boto3", "packaging")
    assert len(ranking) == len(set(ranking)) == 14_985


def test_our_own_lists_hold_names_in_the_one_spelling() -> None:
    """They are read as they stand, which is quick: a program that starts reads thousands."""
    rules = load_rules(PackagePolicy.POPULAR, 100, "default", frozenset())
    names = {*rules.ranking, *rules.allowed}
    assert {name for name in names if normalized(name) != name} == set()


def test_the_operators_list_extends_or_replaces(tmp_path: Path) -> None:
    """Names, files and the shipped list can be mixed; without `default` the shipped one is out."""
    file = tmp_path / "names.txt"
    file.write_text("# ours\nOur_Package\n\nanother # for Bob\n")
    assert allowed_names(f"One, @{file}") == {"one", "our-package", "another"}
    assert {"one", "tensorflow"} <= allowed_names("default,one")
    assert allowed_names("") == frozenset()


@pytest.mark.parametrize(
    ("allowlist", "why"),
    [
        ("a b", "is no name"),
        ("-x", "is no name"),
        ("@/no/such/file", "No such file"),
        ("@/dev/zero", "'/dev/zero' is no ordinary file"),
        ("@/dev", "'/dev' is no ordinary file"),
        ("@", "is no ordinary file"),
        ("@no\0path", "null byte"),
    ],
)
def test_a_bad_list_names_what_is_allowed(allowlist: str, why: str) -> None:
    """Words that are no names, and what is no file to read to its end, stop the start."""
    with pytest.raises(InvalidValueError, match=f"allowed are names of packages.*{why}"):
        allowed_names(allowlist)


def test_a_list_is_no_larger_than_names_need(tmp_path: Path) -> None:
    """A file that holds something else, and much of it, is not read."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAX_LIST_BYTES + 1)
    with pytest.raises(InvalidValueError, match="more than 4 MB, too much for a list"):
        allowed_names(f"@{large}")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody writes into it, so reading it would never end."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidValueError, match="is no ordinary file"):
        allowed_names(f"@{tmp_path / 'pipe'}")
