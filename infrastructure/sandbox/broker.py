"""Answers what a run asks of the host while it goes on: `load_file`, and nothing else."""

import os
import socket

from application.ports.sandbox import GrantedFile, RunHost
from domain.files import file_extension
from infrastructure.sandbox import channel
from infrastructure.sandbox.inputs import InputError, Inputs

_LONGEST_ID = 100


class FileBroker:
    """Serves one run's channel. The other end is hostile."""

    def __init__(self, host: RunHost, inputs: Inputs, requests: int) -> None:
        self._host = host
        self._inputs = inputs
        self._requests_left = requests
        self._loaded: dict[str, None] = {}

    @property
    def loaded_file_ids(self) -> tuple[str, ...]:
        """Ids of the files that were handed over, in order, each once."""
        return tuple(self._loaded)

    def serve_one(self, end: socket.socket) -> bool:
        """Answer one request; False when the channel is not to be served any longer."""
        try:
            request, _ = channel.receive(end)
            self._requests_left -= 1
            if self._requests_left < 0:
                return False
            self._answer(end, request.get("open"))
        except channel.ProtocolError:
            return False
        return True

    def _answer(self, end: socket.socket, file_id: object) -> None:
        granted = self._find(file_id)
        if granted is None:
            channel.send(end, {})
            return
        with granted.content as content:
            try:
                descriptor = self._inputs.share(content.fileno())
            except InputError as error:
                channel.send(end, {"problem": f"Your file {granted.file_id!r} cannot be opened: {error}."})
                return
        try:
            channel.send(end, _description(granted), [descriptor])
            self._loaded[granted.file_id] = None
        finally:
            os.close(descriptor)

    def _find(self, file_id: object) -> GrantedFile | None:
        if not isinstance(file_id, str) or len(file_id) > _LONGEST_ID:
            return None
        return self._host.open_file(file_id)


def _description(granted: GrantedFile) -> dict[str, object]:
    return {
        "file_id": granted.file_id,
        "filename": granted.filename,
        "extension": file_extension(granted.filename),
        "file_type": granted.file_type,
        "loader": granted.loader,
    }
