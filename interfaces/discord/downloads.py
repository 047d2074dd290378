"""The bytes of attachments, streamed from Discord in the thread that keeps them."""

from collections.abc import Iterator

import httpx2

from domain.errors import EnvironmentFaultError

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0


def chunks_of(client: httpx2.Client, url: str, filename: str) -> Iterator[bytes]:
    """Yield what an attachment holds.

    Raises:
        EnvironmentFaultError: Discord does not hand it out.
    """
    try:
        with client.stream("GET", url, timeout=TIMEOUT_S) as response:
            response.raise_for_status()
            yield from response.iter_bytes(CHUNK_BYTES)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        msg = f"Discord did not hand out {filename!r}; nothing of it was saved. Please send it again."
        raise EnvironmentFaultError(msg) from error
