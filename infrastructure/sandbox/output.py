"""What a run prints: decoded, passed on as it appears, and cut at a cap."""

import codecs

from application.ports.sandbox import OutputStream, RunHost


class CappedOutput:
    """Collects stdout and stderr of one run, together at most `cap_bytes`."""

    def __init__(self, host: RunHost, cap_bytes: int) -> None:
        self._host = host
        self._left_bytes = cap_bytes
        self._texts: dict[OutputStream, list[str]] = {"stdout": [], "stderr": []}
        new_decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: new_decoder(errors="replace") for stream in self._texts}
        self.overflowed = False

    def feed(self, stream: OutputStream, chunk: bytes) -> None:
        """Take bytes of one stream; what is over the cap is dropped and remembered as such."""
        kept = chunk[: self._left_bytes]
        self._left_bytes -= len(kept)
        self.overflowed = self.overflowed or len(kept) < len(chunk)
        self._show(stream, self._decoders[stream].decode(kept))

    def finish(self, notice: str = "") -> None:
        """Flush what is half decoded and add the notice that explains a cut."""
        for stream, decoder in self._decoders.items():
            self._show(stream, decoder.decode(b"", final=True))
        if notice:
            self._show("stderr", f"\n[{notice}]\n")

    def text(self, stream: OutputStream) -> str:
        """Return what was kept of a stream."""
        return "".join(self._texts[stream])

    def _show(self, stream: OutputStream, text: str) -> None:
        if text:
            self._texts[stream].append(text)
            self._host.show_output(stream, text)
