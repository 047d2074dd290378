"""The lists of names: those that are shipped, and the operator's."""

from pathlib import Path

import pytest

from domain.errors import InvalidValueError
from domain.packages import Candidate, PackagePolicy
from infrastructure.sandbox.packages.lists import allowed_names, load_rules

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


def test_the_operators_list_extends_or_replaces(tmp_path: Path) -> None:
    """Names, files and the shipped list can be mixed; without `default` the shipped one is out."""
    file = tmp_path / "names.txt"
    file.write_text("# ours\nOur_Package\n\nanother # for Bob\n")
    assert allowed_names(f"One, @{file}") == {"one", "our-package", "another"}
    assert {"one", "tensorflow"} <= allowed_names("default,one")
    assert allowed_names("") == frozenset()


@pytest.mark.parametrize("allowlist", ["a b", "@/no/such/file", "-x"])
def test_a_bad_list_names_what_is_allowed(allowlist: str) -> None:
    """Words that are no names, and files that are not there, stop the start."""
    with pytest.raises(InvalidValueError, match="allowed are names of packages"):
        allowed_names(allowlist)
