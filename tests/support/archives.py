"""Archives with something else in them."""

import hashlib
import io
import zipfile
from collections.abc import Callable

import orjson


def rewritten(archive: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return an archive with its members changed, its manifest mended."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w") as new:
        rows = []
        for name in old.namelist()[:-1]:
            content = change(name, old.read(name))
            new.writestr(name, content)
            sha256 = hashlib.sha256(content).hexdigest()
            rows.append({"name": name, "size_bytes": len(content), "sha256": sha256})
        new.writestr("manifest.json", orjson.dumps({"format": "fileledger export 1", "members": rows}))
    return target.getvalue()
