"""Rules on packages: names, policies, hints."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValueError
from domain.likeness import distance, nearest
from domain.module_names import DISTRIBUTIONS
from domain.packages import Candidate, PackagePolicy, PackageRules, Rejection, distribution_of, normalized

RANKING = (
    "requests",
    "numpy",
    "pandas",
    "scikit-learn",
    "pyyaml",
    "opencv-python-headless",
    "humanize",
    "rare",
)
POPULAR = PackageRules(PackagePolicy.POPULAR, RANKING, popular_rank=7, allowed=frozenset({"odd-one", "rare"}))
ALLOWLIST = PackageRules(PackagePolicy.ALLOWLIST, RANKING, popular_rank=7, allowed=frozenset({"humanize"}))
OFF = PackageRules(PackagePolicy.OFF, RANKING, popular_rank=7, allowed=frozenset({"humanize"}))
NAMES = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9._-]{0,20}[a-zA-Z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("humanize", "humanize"),
        ("cv2", "opencv-python-headless"),
        ("PIL", "pillow"),
        ("yaml", "pyyaml"),
        ("sklearn.linear_model", "scikit-learn"),
        ("google.protobuf.message", "protobuf"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google", "protobuf"),
        ("more_itertools", "more-itertools"),
    ],
)
def test_a_module_leads_to_its_distribution(module: str, distribution: str) -> None:
    """Also where the names differ, and where several distributions share a namespace."""
    assert distribution_of(module) == distribution


def test_the_table_of_modules_holds_normalized_names() -> None:
    """Every distribution in it can be asked for, and no row says what the rule says anyhow."""
    for module, distribution in DISTRIBUTIONS.items():
        assert normalized(distribution) == distribution
        assert "." in module or normalized(module) != distribution, module


@given(NAMES)
def test_normalizing_twice_changes_nothing(name: str) -> None:
    """There is one spelling, of the letters that PEP 503 leaves."""
    once = normalized(name)
    assert normalized(once) == once
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", once)


@given(NAMES, st.sampled_from(["-", "_", ".", "--", "-_."]))
def test_separators_and_case_make_no_difference(name: str, separator: str) -> None:
    """A name is the same in any of its spellings."""
    respelt = re.sub(r"[-_.]+", lambda _: separator, name).swapcase()
    assert normalized(respelt) == normalized(name)


@pytest.mark.parametrize(
    "name", ["", "-x", "x-", "a b", "a/b", "a\n", "é", "a;b", "x[y]", "-r x", "a==1", "a" * 101]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    """Nothing gets to the installer that it could take for an option, a path or a version."""
    with pytest.raises(InvalidValueError):
        normalized(name)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(module: str) -> None:
    """A decision is a permitted candidate or a rejection with a reason, whatever was asked for."""
    answer = POPULAR.decide(module)
    if isinstance(answer, Candidate):
        assert POPULAR.permits(answer.distribution)
    else:
        assert answer.reason


@pytest.mark.parametrize(
    ("rules", "module", "is_provided"),
    [
        (POPULAR, "humanize", True),
        (POPULAR, "odd_one", True),
        (POPULAR, "rare", True),
        (POPULAR, "unheard_of", False),
        (ALLOWLIST, "humanize", True),
        (ALLOWLIST, "requests", False),
        (OFF, "humanize", False),
    ],
)
def test_the_policy_decides(rules: PackageRules, module: str, is_provided: bool) -> None:  # noqa: FBT001 - a table
    """Popular ones and allowed ones, allowed ones only, or none."""
    assert isinstance(rules.decide(module), Candidate) == is_provided


def test_below_the_rank_only_allowed_ones_are_provided() -> None:
    """The last popular one is in, the next one is not."""
    rules = PackageRules(PackagePolicy.POPULAR, RANKING, popular_rank=2)
    assert isinstance(rules.decide("numpy"), Candidate)
    assert isinstance(rules.decide("pandas"), Rejection)


@pytest.mark.parametrize(
    ("module", "meant"),
    [
        ("reqeusts", "requests"),
        ("sklaern", "sklearn"),
        ("cv3", "cv2"),
        ("numpi", "numpy"),
        ("Humanise", "humanize"),
        ("pd", "pandas"),
        ("plt", "matplotlib.pyplot"),
    ],
)
def test_a_slip_is_refused_with_what_was_meant(module: str, meant: str) -> None:
    """The hint names the module to import, not the distribution."""
    answer = POPULAR.decide(module)
    assert isinstance(answer, Rejection)
    assert f"did you mean {meant!r}?" in answer.reason


def test_a_name_like_no_other_gets_no_hint() -> None:
    """No guess is better than a wild one."""
    answer = POPULAR.decide("zzzzzzzzzz")
    assert isinstance(answer, Rejection)
    assert "did you mean" not in answer.reason


def test_a_short_name_is_a_slip_of_what_everybody_knows_only() -> None:
    """Three letters are near to many others."""
    rules = PackageRules(
        PackagePolicy.POPULAR, ["six", *(f"name{rank}" for rank in range(2000)), "cog"], 5000
    )
    hints = [answer.reason for answer in map(rules.decide, ("con", "sic")) if isinstance(answer, Rejection)]
    assert ["did you mean 'cog'" in hints[0], "did you mean 'six'" in hints[1]] == [False, True]


@pytest.mark.parametrize("module", ["pip", "uv", "setuptools"])
def test_an_installer_is_refused_with_what_to_do_instead(module: str) -> None:
    """There is no network for it in a run."""
    answer = POPULAR.decide(module)
    assert isinstance(answer, Rejection)
    assert "packages install themselves" in answer.reason


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("distutils", "older versions"),
        ("_private", "private"),
        ("tkinter", "is there without"),
        ("a-b", "no name"),
    ],
)
def test_what_no_package_can_provide_says_so(module: str, said: str) -> None:
    """Parts of Python, private modules and nonsense are not looked for, under any policy."""
    rules = PackageRules(PackagePolicy.OFF, present_modules=frozenset({"tkinter"}))
    answer = rules.decide(module)
    assert isinstance(answer, Rejection)
    assert said in answer.reason


def test_of_names_alike_the_popular_one_was_meant() -> None:
    """Popularity decides between equals, and not against what is nearer."""
    assert nearest("panda", {"pandas": 3, "panda1": 4000}) == "pandas"
    assert nearest("panda1x", {"pandas": 3, "panda1": 4000}) == "panda1"


def test_swaps_and_neighbouring_keys_cost_less() -> None:
    """They are the slips that fingers make."""
    assert distance("numpy", "nmupy") == distance("numpy", "bumpy") < distance("numpy", "xumpy") == 1


@given(st.text("abcxyz_", max_size=8), st.text("abcxyz_", max_size=8))
def test_distance_is_even_handed(left: str, right: str) -> None:
    """It is the same both ways, 0 for equals only, and never above the longer length."""
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)
    assert distance(left, right) <= max(len(left), len(right))
