"""Writes the files that are raced over, in the code environment: `python samples.py FOLDER ROWS_SHARE`."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

_MISSING = 0.02
_TOWNS = ["Orléans", "Nîmes", "Besançon", "Saint-Étienne", "Nancy"]


def table(rows: int) -> pd.DataFrame:
    """Return a table as people have them: text, whole and broken numbers, dates as text, some missing."""
    draw = np.random.default_rng(7)
    degrees = draw.normal(12, 8, rows).round(2)
    degrees[draw.random(rows) < _MISSING] = np.nan
    days = pd.to_datetime("2020-01-01") + pd.to_timedelta(draw.integers(0, 2000, rows), unit="D")
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "ville": draw.choice(_TOWNS, rows),
            "degrés": degrees,
            "débit": draw.normal(300, 90, rows).round(3),
            "jour": days.strftime("%Y-%m-%d"),
            "note": draw.integers(0, 100, rows),
        }
    )


def write(folder: Path, share: float) -> None:
    """Write one file of each kind; `share` of the full size."""
    table(int(24_000 * share)).to_csv(folder / "small.csv", index=False)
    table(int(1_200_000 * share)).to_csv(folder / "large.csv", index=False)
    lines = {"orient": "records", "lines": True, "force_ascii": False}
    table(int(733_000 * share)).to_json(folder / "lines.jsonl", **lines)
    wide = pd.concat([table(int(20_000 * share)).add_suffix(f" {n}") for n in range(4)], axis=1).iloc[:, :20]
    wide.to_excel(folder / "sheet.xlsx", index=False, engine="openpyxl")
    numbers = np.random.default_rng(7).normal(size=(int(1_000_000 * share), 20))
    pd.DataFrame(numbers, columns=[f"x{n}" for n in range(20)]).to_parquet(folder / "wide.parquet")


if __name__ == "__main__":
    write(Path(sys.argv[1]), float(sys.argv[2]))
