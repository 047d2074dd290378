"""Which known name somebody may have meant: edit distance with swapped letters and neighbouring keys."""

from collections import Counter
from collections.abc import Mapping
from math import log2

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SLIP_COST = 0.6
"""Of two letters swapped, and of a neighbouring key; any other edit costs 1."""
_RANK_WEIGHT = 0.05
_TWO_EDITS_FROM_CHARACTERS = 6
_MAX_CHARACTERS = 40


def nearest(name: str, ranks: Mapping[str, int]) -> str:
    """Return the known name that `name` is most likely a slip of, empty when none is near.

    `ranks` maps known names to their popularity, 1 for the most popular: of names
    alike, the one that more people write was meant.
    """
    wanted = name.lower()
    if len(wanted) > _MAX_CHARACTERS:
        return ""
    reach = 2 if len(wanted) >= _TWO_EDITS_FROM_CHARACTERS else 1
    letters = Counter(wanted)
    weights = {
        known: cost + _RANK_WEIGHT * log2(rank)
        for known, rank in ranks.items()
        if abs(len(known) - len(wanted)) <= reach
        and _letters_apart(letters, known) <= 2 * reach
        and (cost := distance(wanted, known.lower())) <= reach
    }
    return min(weights, key=lambda known: (weights[known], known), default="")


def distance(left: str, right: str) -> float:
    """Return the optimal string alignment distance: insert, delete, replace, or swap two neighbours."""
    rows = [[float(column) for column in range(len(right) + 1)]]
    for at, letter in enumerate(left, 1):
        row = [float(at)]
        for column, other in enumerate(right, 1):
            cost = min(
                rows[-1][column] + 1,
                row[column - 1] + 1,
                rows[-1][column - 1] + _replacing(letter, other),
            )
            if at > 1 and column > 1 and (left[at - 2], letter) == (other, right[column - 2]):
                cost = min(cost, rows[-2][column - 2] + _SLIP_COST)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def _letters_apart(letters: Counter[str], known: str) -> int:
    """Return how many letters only one of two names has; a replaced one counts twice."""
    theirs = Counter(known.lower())
    return (letters - theirs).total() + (theirs - letters).total()


def _neighbours() -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that lie side by side in a row, or one above the other."""
    places = {key: (row, column) for row, keys in enumerate(_KEYBOARD) for column, key in enumerate(keys)}
    return frozenset(
        (one, other)
        for one, (row, column) in places.items()
        for other, (its_row, its_column) in places.items()
        if one != other and abs(row - its_row) <= 1 and abs(column - its_column) <= 1
    )


_NEIGHBOURS = _neighbours()


def _replacing(letter: str, other: str) -> float:
    if letter == other:
        return 0.0
    return _SLIP_COST if (letter, other) in _NEIGHBOURS else 1.0
