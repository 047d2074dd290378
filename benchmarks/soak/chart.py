"""Draws the samples, in the code environment: `python chart.py SAMPLES.json CHART.svg`."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

PANELS = (
    ("memory, MB", {"rss_mb": "bot (resident)", "pss_mb": "bot and sandbox", "mongodb_mb": "MongoDB server"}),
    ("descriptors, threads", {"descriptors": "descriptors", "threads": "threads"}),
    ("processes", {"processes": "processes", "cgroups": "control groups"}),
    ("temporary files", {"temporary": "files and folders that pass"}),
    ("users' bytes, kB", {"live_bytes": "live", "stray_bytes": "not live (any more)"}),
    ("data folder, MB", {"kept_bytes": "all of it"}),
)
_SCALES = {"live_bytes": 1e3, "stray_bytes": 1e3, "kept_bytes": 1e6}


def draw(told: dict[str, Any], target: Path) -> None:
    """Draw a panel for each group of figures; the grey part is the warm-up."""
    mpl.rcParams["svg.hashsalt"] = "soak"  # the same samples make the same file
    figure, axes = plt.subplots(3, 2, figsize=(10, 8), sharex=True, layout="constrained")
    minutes = [sample["at_s"] / 60 for sample in told["samples"]]
    for axis, (title, lines) in zip(axes.flat, PANELS, strict=True):
        for name, words in lines.items():
            values = [sample[name] / _SCALES.get(name, 1) for sample in told["samples"]]
            axis.plot(minutes, values, label=words, linewidth=1)
        axis.axvspan(0, told["warm_up_s"] / 60, color="0.93")
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, loc="lower right")
    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
