"""Red runs: the same attacks against sandboxes that lack one safeguard each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from tests.support.sandboxes import Runs, config, opened
from tests.support.weaknesses import WEAKNESSES, weakened

_HERE = Path(__file__).parent
_SLOW = "bomb crash_of stopped signals loop flood huge_line weak hurts host_leaves watchdog"
_CONTROLS = "hosts_folders_are_absent no_switch_or_device interpreter_cannot odd_bytes names_cannot"

# The tests that find each weakness, by name, without `test_`: as everybody, and as root beside them.
_RED: dict[str, set[str]] = {
    "no-filter": {
        "a_filter_cannot_be_added_by_the_old_way_either",
        "a_handle_of_a_file_opens_nothing",
        "a_run_cannot_hide_its_memory",
        "code_is_text_until_the_process_is_locked_down",
        "every_system_call_that_is_not_on_the_list_is_refused",
        "machinery_is_out_of_reach",
        "memfd_is_refused",
        "no_network_socket_can_be_made",
        "no_process_can_be_made_in_a_new_namespace",
        "no_run_makes_itself_more_important",
        "nobody_is_kept_waiting_or_watched_by_a_lease",
        "nobody_is_watched_by_inotify",
        "terminal_input_cannot_be_forged",
        "the_32_bit_door_is_closed",
        "the_process_has_no_privileges_and_cannot_gain_any",
        "unknown_and_new_system_calls_do_not_exist",
    },
    "shared-folders": {"named_objects_are_gone_with_their_run", "one_run_cannot_poison_the_next"},
    "open-descriptors": {"no_descriptor_of_the_host_is_inherited"},
    "privileges": {"the_process_has_no_privileges_and_cannot_gain_any"},
    "no-limits": {
        "a_crash_leaves_no_image_of_memory",
        "no_run_makes_itself_more_important",
        "nothing_can_be_had_without_number",
        "one_huge_allocation_is_a_memory_error_that_names_the_limit",
    },
    "followed-links": {
        "a_linked_folder_is_not_entered",
        "a_name_cannot_forge_lines",
        "links_are_not_followed",
        "nothing_outside_is_collected_by_any_link",
    },
    "uncounted-memory": {"memory_spread_over_processes_is_counted_together", "shared_memory_counts_too"},
    "writable-proc": {"no_run_makes_itself_more_important"},
}
_RED_AS_ROOT: dict[str, set[str]] = {
    "privileges": {
        "a_granted_file_cannot_be_written",
        "device_nodes_cannot_be_made",
        "no_run_makes_itself_more_important",
        "under_root_every_run_is_a_user_of_its_own",
        "what_a_process_sees_of_memory_is_its_own",
    },
}

_SOMETIMES_RED = {
    # A race: with the safeguard it is never lost, without it not always.
    "followed-links": {"a_folder_that_is_swapped_while_it_is_looked_at_leads_nowhere"},
    # Whether a capability lifts a limit depends on whose user namespace it counts in.
    "privileges": {"nothing_can_be_had_without_number"},
}


def _red(weakness: str, chosen: str) -> tuple[set[str], set[str]]:
    """Attack a weakened sandbox; return the names of the tests that go red, and of those that stay green."""
    command = [
        *(sys.executable, "-m", "pytest", str(_HERE), "-p", "no:cacheprovider", "-q", "-rA", "--tb=no"),
        *("-p", "tests.support.weaknesses", "--weakness", weakness, "-k", f"forked and ({chosen})"),
    ]
    done = subprocess.run(command, cwd=_HERE.parents[2], capture_output=True, text=True, check=False)
    names: dict[str, set[str]] = {"PASSED": set(), "FAILED": set(), "ERROR": set()}
    for line in done.stdout.splitlines():
        outcome, _, rest = line.partition(" ")
        if outcome in names and "::test_" in rest:
            names[outcome].add(rest.partition("::test_")[2].partition("[")[0])
    assert not names["ERROR"], done.stdout
    assert names["PASSED"], done.stdout + done.stderr
    return names["FAILED"], names["PASSED"] - names["FAILED"]


def _expected(weakness: str) -> set[str]:
    return _RED[weakness] | (_RED_AS_ROOT.get(weakness, set()) if os.getuid() == 0 else set())


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "weakness",
    [
        "no-filter",
        *(pytest.param(name, marks=pytest.mark.thorough) for name in ("shared-folders", "open-descriptors")),
    ],
)
def test_the_attacks_find_what_is_missing(weakness: str) -> None:
    """Without one safeguard the tests of that safeguard go red, and others stay green."""
    expected = _expected(weakness)
    red, green = _red(weakness, " or ".join([*sorted(expected), *_CONTROLS.split()]))
    assert red == expected
    assert len(green) >= len(_CONTROLS.split())


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("weakness", sorted(WEAKNESSES.keys() - {"uncounted-memory", "shared-folders"}))
def test_no_other_attack_succeeds_for_it(weakness: str) -> None:
    """Of all quick attacks exactly those go red that the missing safeguard is for.

    In shared folders runs trip over each other's files, so that much more goes red.
    """
    red, green = _red(weakness, f"not ({' or '.join(_SLOW.split())})")
    assert red - _SOMETIMES_RED.get(weakness, set()) == _expected(weakness)
    assert len(green) > 40


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_memory_that_nobody_counts_is_found() -> None:
    """Without control groups and watchdog the attacks on memory go red; an endless loop is still stopped."""
    chosen = " or ".join([*_RED["uncounted-memory"], "endless_loop"])
    red, green = _red("uncounted-memory", chosen)
    assert red == _RED["uncounted-memory"]
    assert green == {"an_endless_loop_is_stopped_at_the_time_limit"}


@pytest.mark.attack(59)
@pytest.mark.parametrize("weakness", [name for name, made in WEAKNESSES.items() if made.refusal])
def test_a_weakened_cell_is_refused_before_any_attack(
    tmp_path: Path, weakness: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line: seen from outside, such a cell runs nothing at all."""
    WEAKNESSES[weakness].host(monkeypatch)
    with (
        opened(weakened(config(tmp_path), weakness)) as sandbox,
        pytest.raises(EnvironmentFaultError, match=WEAKNESSES[weakness].refusal),
    ):
        Runs(sandbox)("print(1)")
