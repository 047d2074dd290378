import ast

import pytest

import import_statements


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import a", ["a"]),
        ("import a.b as c, d", ["a", "d"]),
        ("from a.b import c", ["a"]),
        ("from . import a\nfrom .b import c", []),
        ("def f():\n    async def g():\n        import a\n    class C:\n        import b", ["a", "b"]),
        ("if x:\n    import a\nelif y:\n    import b\nelse:\n    import c", ["a", "b", "c"]),
        ("for x in y:\n    with z:\n        import a\nelse:\n    import b", ["a", "b"]),
        ("match x:\n    case 1:\n        import a", ["a"]),
        ("try:\n    import a\nfinally:\n    import b", ["a", "b"]),
        ("try:\n    import a\nexcept ValueError:\n    import b", ["a", "b"]),
        ("x = 'import a'  # import b", []),
        ("", []),
    ],
)
def test_modules_that_code_needs_are_found_wherever_they_are_imported(code: str, modules: list[str]) -> None:
    """Top-level names, in their order, from every block of the code."""
    assert list(import_statements.modules(ast.parse(code).body)) == modules


@pytest.mark.parametrize(
    "handler",
    [
        "except ImportError",
        "except ModuleNotFoundError as e",
        "except (ValueError, ImportError)",
        "except Exception",
        "except",
    ],
)
def test_what_code_can_do_without_is_not_needed(handler: str) -> None:
    """Neither what is tried, nor what a failure would lead to; what follows is."""
    code = f"try:\n    import a\n{handler}:\n    import b\nelse:\n    import c\nfinally:\n    import d"
    assert list(import_statements.modules(ast.parse(code).body)) == ["c", "d"]
