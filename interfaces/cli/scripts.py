"""Reading the Python files that people hand to the command line."""

import sys
from importlib.util import decode_source
from pathlib import Path

from domain.errors import UsageError


def read_script(script: str) -> str:
    """Return the code at a path, or on stdin for `-`, in the encoding that it names (PEP 263), else in UTF-8.

    Raises:
        UsageError: there is none, or it is no text.
    """
    try:
        data = sys.stdin.buffer.read() if script == "-" else Path(script).read_bytes()
        return decode_source(data)
    except OSError as error:
        msg = f"Cannot read {script!r}: {error.strerror}. Give the path of a Python file, or - for stdin."
        raise UsageError(msg) from error
    except AttributeError as error:
        msg = "There is no stdin to read the script from: it is closed."
        raise UsageError(msg) from error
    except (ValueError, LookupError, SyntaxError) as error:
        msg = (
            f"{script!r} is not text in UTF-8, nor in an encoding that it names (PEP 263), so it is no "
            "Python file. Save it as UTF-8."
        )
        raise UsageError(msg) from error
