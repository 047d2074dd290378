"""Which Python files the command line can read."""

from pathlib import Path

import pytest

from domain.errors import UsageError
from interfaces.cli.scripts import read_script


@pytest.mark.parametrize(
    "content",
    [
        b"print('\xc3\xa9')\r\n",
        b"\xef\xbb\xbfprint('\xc3\xa9')\r\n",
        b"# -*- coding: latin-1 -*-\nprint('\xe9')\n",
        b"#!/usr/bin/env python3\n# vim: set fileencoding=cp1252 :\nprint('\xe9')\n",
    ],
    ids=["utf-8", "mark", "latin-1", "second line"],
)
def test_a_script_is_read_in_the_encoding_that_it_names(tmp_path: Path, content: bytes) -> None:
    """PEP 263, marks of Windows editors, and every kind of line end."""
    (tmp_path / "s.py").write_bytes(content)
    assert read_script(str(tmp_path / "s.py")).endswith("print('é')\n")


@pytest.mark.parametrize(
    "content", [b"#\xff\n", b"# coding: klingon\n", b"# coding: rot13\n", b"# coding: idna\n\xff"]
)
def test_what_is_no_text_is_wrong_usage(tmp_path: Path, content: bytes) -> None:
    """Neither UTF-8 nor what it says that it is."""
    (tmp_path / "s.py").write_bytes(content)
    with pytest.raises(UsageError, match="Save it as UTF-8"):
        read_script(str(tmp_path / "s.py"))
