import gc

import pytest

from infrastructure.garbage import collected_rarely


def fail_while_collected_rarely() -> None:
    """Raise within the block, where the collector must wait for more than usual."""
    with collected_rarely():
        raise LookupError(gc.get_threshold()[0])


def test_the_collector_waits_for_more_within_the_block_only() -> None:
    """Its thresholds are as they were afterwards, after an error, too."""
    before = gc.get_threshold()
    with pytest.raises(LookupError) as raised:
        fail_while_collected_rarely()
    assert raised.value.args[0] > before[0]
    assert gc.get_threshold() == before
