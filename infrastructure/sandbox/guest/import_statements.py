"""What code imports, read from its syntax tree."""

import ast
from collections.abc import Iterator, Sequence

_BLOCKS = ("body", "orelse", "finalbody")
_PARTS = ("handlers", "cases")
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def modules(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the top-level names of all modules that the code cannot do without.

    What a `try` with a handler for a failed import tries, and what that handler
    does about it, the code can do without.
    """
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            if statement.module and not statement.level:
                yield statement.module.partition(".")[0]
        else:
            yield from _below(statement)


def _below(statement: ast.AST) -> Iterator[str]:
    is_attempt = isinstance(statement, ast.Try) and any(map(_takes_import_errors, statement.handlers))
    for block in _BLOCKS[1:] if is_attempt else _BLOCKS:
        yield from modules(getattr(statement, block, ()))
    for name in () if is_attempt else _PARTS:
        for part in getattr(statement, name, ()):
            yield from _below(part)


def _takes_import_errors(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CAUGHT) for kind in kinds)
