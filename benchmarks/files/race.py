"""Races `load_file` against pandas inside of one run: the code of the run, and what it prints.

Both read the same bytes in turns, in one process; the frames must be equal. They take turns at being the
first, too: whoever is pays for memory that the last round gave back.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Contest:
    """A file, the reader of pandas as people call it, and how many times faster `load_file` should be."""

    filename: str
    words: str
    reader: str
    goal: float
    rounds: int


CONTESTS: Sequence[Contest] = (
    Contest("small.csv", "CSV, 1 MB", "pd.read_csv(open_file('small.csv'))", 0.95, 60),
    Contest("small.csv", "CSV, 1 MB, copied beforehand", "pd.read_csv(path)", 0.95, 60),
    Contest("large.csv", "CSV, 50 MB, copied beforehand", "pd.read_csv(path)", 0.95, 20),
    Contest("lines.jsonl", "JSON Lines, 70 MB", "pd.read_json(path, lines=True)", 6.0, 6),
    Contest("sheet.xlsx", "xlsx, 20,000 x 20", "pd.read_excel(path, engine='openpyxl')", 7.0, 2),
    Contest("wide.parquet", "Parquet, 160 MB", "pd.read_parquet(path)", 1.5, 10),
)

_RACE = """
import json, os, time
import pandas as pd
path = load_file({filename!r}, as_='path')
def timed(read):
    start_s = time.perf_counter()
    found = read()
    return time.perf_counter() - start_s, found
first_s, _ = timed(lambda: load_file({filename!r}))
turns = [(lambda: load_file({filename!r}), []), (lambda: {reader}, [])]
ours, theirs = (times for _, times in turns)
for _ in range({rounds}):
    frames = []
    for read, times in turns:
        seconds, frame = timed(read)
        times.append(seconds)
        frames.append(frame)
    pd.testing.assert_frame_equal(*frames)
    del frame, frames
    turns.reverse()
print(json.dumps({{'first_s': first_s, 'ours_s': ours, 'theirs_s': theirs, 'bytes': os.path.getsize(path)}}))
"""

FIRST_LOADS = ("load_file('small.csv')", "pd.read_csv(open_file('small.csv'))")
"""The first load of a run, and what the library takes for it."""

FIRST_ROUNDS = 21
MOST_ADDED_MS = 5.0

FIRST = """
import time
import pandas as pd
start_s = time.perf_counter()
{call}
print(time.perf_counter() - start_s)
"""

LARGER_THAN_MEMORY = """
import time
def attempt(words, load):
    start_s = time.perf_counter()
    try:
        found = f'{load():,} rows'
    except Exception as error:
        found = f'{type(error).__name__}: {error}'
    print(f'{words}: {found} ({time.perf_counter() - start_s:.0f} s)')
attempt('load_file(name)', lambda: len(load_file('huge.csv')))
attempt('columns=["note"]', lambda: len(load_file('huge.csv', columns=['note'])))
attempt('nrows=1_000_000', lambda: len(load_file('huge.csv', nrows=1_000_000)))
attempt('chunksize=500_000', lambda: sum(map(len, load_file('huge.csv', chunksize=500_000))))
"""


def code(contest: Contest) -> str:
    """Return the code of a run that prints the times of both as JSON."""
    return _RACE.format(filename=contest.filename, reader=contest.reader, rounds=contest.rounds)
