"""The guest's table of loaders against the domain's table of types."""

import ast

import pytest

from domain.file_type_table import BINARY, COMPRESSED, FILE_TYPES, WRAPPERS
from domain.file_type_table import LOADERS as FACTS
from loaders.errors import LoadFileError
from loaders.registry import LOADERS, loader_named
from loaders.unpacking import UNWRAPPERS
from tests.unit.infrastructure.sandbox.guest.conftest import GUEST


def test_every_loader_that_the_domain_names_is_there_and_used() -> None:
    """Neither table has a name that the other lacks."""
    assert {row.loader for row in (*FILE_TYPES, BINARY, COMPRESSED)} == set(LOADERS) == set(FACTS)


def test_every_wrapper_can_be_unwrapped() -> None:
    """The names behind plus signs are those of the domain."""
    assert {wrapper.name for wrapper in WRAPPERS} == set(UNWRAPPERS)


@pytest.mark.parametrize("key", LOADERS)
def test_the_function_of_a_loader_exists(key: str) -> None:
    """`module:name` leads to a function of two parameters; the module is read, not imported."""
    module, name = LOADERS[key].function.split(":")
    tree = ast.parse((GUEST / "loaders" / f"{module}.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert len(functions[name].args.args) == 2


def test_an_unknown_loader_is_answered_with_the_raw_form() -> None:
    """A newer host may know types that this guest does not."""
    with pytest.raises(LoadFileError, match="as_='bytes'"):
        loader_named("from the future")
