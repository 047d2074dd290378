"""How many examples a fuzz target tries: few in the suite, many in `make fuzz`."""

from hypothesis import HealthCheck, settings

from tests.conftest import EXAMPLES

USUAL_EXAMPLES = 40


def tries(examples: int, *, steps: int = 50) -> settings:
    """Return settings for so many examples in the suite, and in proportion more where more are wanted.

    A state machine takes up to `steps` steps in each.
    """
    many = max(1, examples * EXAMPLES // USUAL_EXAMPLES)
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=many, stateful_step_count=steps, deadline=None, suppress_health_check=slow)
