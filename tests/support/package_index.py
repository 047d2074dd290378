"""A package index on the loopback address, with wheels that are made for it."""

import base64
import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONG_AGO = "2024-05-01T12:00:00Z"


@dataclass
class PackageIndex:
    """What the index serves (PEP 691 and 658), and what it was asked for."""

    projects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    delay_s: float = 0.0
    wheel_delay_s: float = 0.0

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        files: Mapping[str, str | bytes] | None = None,
        requires: Sequence[str] = (),
        uploaded: str | None = LONG_AGO,
        **changes: Any,
    ) -> None:
        """Publish a release as a wheel; `changes` overwrite what the index says of it."""
        contents = {f"{name}.py": f"version = {version!r}\n"} if files is None else files
        wheel, metadata = build_wheel(name, version, contents, requires)
        self._publish(name, f"{name}-{version}-py3-none-any.whl", wheel, uploaded, changes, metadata)

    def add_source(self, name: str, version: str = "1.0") -> None:
        """Publish a release that exists as source only."""
        self._publish(name, f"{name}-{version}.tar.gz", b"not to be opened", LONG_AGO, {})

    def downloads(self) -> list[str]:
        """Return the wheels that somebody fetched, in whole or in parts."""
        return [path.rpartition("/")[2] for path in self.asked if path.endswith(".whl")]

    def _publish(
        self,
        name: str,
        filename: str,
        content: bytes,
        uploaded: str | None,
        changes: Mapping[str, Any],
        metadata: bytes = b"",
    ) -> None:
        entry: dict[str, Any] = {
            "filename": filename,
            "url": f"{self.url}/files/{filename}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "size": len(content),
            "yanked": False,
        }
        if uploaded:
            entry["upload-time"] = uploaded
        if metadata:
            entry["core-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
            self.files[f"{filename}.metadata"] = metadata
        self.files[filename] = content
        self.projects.setdefault(name.replace("_", "-"), []).append(entry | dict(changes))


def build_wheel(
    name: str, version: str, files: Mapping[str, str | bytes], requires: Sequence[str] = ()
) -> tuple[bytes, bytes]:
    """Return a wheel (PEP 427) and its metadata."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata = "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires), ""]).encode()
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    contents[f"{info}/METADATA"] = metadata
    contents[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{path},{_record_hash(content)},{len(content)}" for path, content in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
    return buffer.getvalue(), metadata


@contextmanager
def served() -> Iterator[PackageIndex]:
    """Yield an index that is being served."""
    index = PackageIndex()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(index))
    server.daemon_threads = True
    index.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            time.sleep(index.wheel_delay_s if self.path.endswith(".whl") else index.delay_s)
            with suppress(ConnectionError):  # whoever asked may not wait any longer
                self._serve(*self.path.strip("/").split("/"))

        def _serve(self, kind: str, name: str) -> None:
            if kind == "simple" and name in index.projects:
                files = index.projects[name]
                page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
                page["versions"] = sorted({entry["filename"].split("-")[1] for entry in files})
                self._answer(json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
            elif kind == "files" and name in index.files:
                self._answer(index.files[name], "application/octet-stream")
            else:
                self.send_error(404)

        def _answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has in the library
            """Say nothing."""

    return Handler


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
