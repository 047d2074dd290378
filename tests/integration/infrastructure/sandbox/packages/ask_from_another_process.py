"""Asks for one module from a process of its own: `FOLDER URL MODULE`; prints the layer or the reason."""

import sys
from pathlib import Path

from tests.support.packages import make_packages

if __name__ == "__main__":
    folder, url, module = sys.argv[1:]
    provision = make_packages(Path(folder), url, allowed=[module]).provide(module)
    sys.stdout.write("".join(layer.folder for layer in provision.layers) or provision.refusals[0].reason)
