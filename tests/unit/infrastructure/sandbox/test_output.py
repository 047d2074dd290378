from hypothesis import given
from hypothesis import strategies as st

from infrastructure.sandbox.output import CappedOutput
from tests.support.sandboxes import RecordingHost


@given(st.lists(st.binary(max_size=40)), st.integers(min_value=0, max_value=200))
def test_the_kept_text_is_the_decoded_beginning(chunks: list[bytes], cap_bytes: int) -> None:
    """However the bytes arrive, their first `cap_bytes` are decoded as one text, and a cut is noticed."""
    host = RecordingHost()
    output = CappedOutput(host, cap_bytes)
    for chunk in chunks:
        output.feed("stdout", chunk)
    output.finish()
    written = b"".join(chunks)
    assert output.text("stdout") == written[:cap_bytes].decode("utf-8", "replace")
    assert output.overflowed == (len(written) > cap_bytes)
    assert "".join(text for _, text in host.shown) == output.text("stdout")


def test_both_streams_share_the_cap() -> None:
    """What one stream has used is not there for the other."""
    output = CappedOutput(RecordingHost(), 10)
    output.feed("stdout", b"1234567")
    output.feed("stderr", b"abcdefg")
    assert (output.text("stdout"), output.text("stderr"), output.overflowed) == ("1234567", "abc", True)


def test_a_notice_is_shown_after_everything_else() -> None:
    """The reason of a cut ends the error stream, where its reader looks last."""
    host = RecordingHost()
    output = CappedOutput(host, 10)
    output.feed("stderr", b"abc")
    output.finish("cut")
    assert output.text("stderr") == "abc\n[cut]\n"
    assert host.shown[-1] == ("stderr", "\n[cut]\n")
