"""What every way of running Python is given to do, and the data for it."""

import random
from dataclasses import dataclass
from pathlib import Path

_CITIES = ("Bonn", "Lyon", "Oslo", "Graz")
_CHART = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
df = {read}
print(df.groupby("city")["price"].mean())
figure, axes = plt.subplots()
df["price"].head(500).plot(ax=axes, title="price")
figure.savefig("chart.png")
plt.close(figure)
"""
_FIT = """
import pandas as pd
from sklearn.linear_model import LinearRegression
df = {read}
features, target = df[["a", "b", "c"]], df["price"]
model = LinearRegression().fit(features, target)
print(model.coef_.round(3), round(model.score(features, target), 3))
"""


@dataclass(frozen=True)
class Job:
    """A piece of work: code with a gap where its data is read, `rows` of which there are."""

    name: str
    code: str
    rows: int = 0
    picture: str = ""

    @property
    def data(self) -> str:
        """The name of the job's file, empty when it has none."""
        return f"{self.name}.csv" if self.rows else ""

    @property
    def plain_code(self) -> str:
        """The code for an interpreter that runs in the folder of the data."""
        return self.code.format(read=f"pd.read_csv({self.data!r})")

    @property
    def sandbox_code(self) -> str:
        """The code for the sandbox, where the user's files are handed over by `load_file`."""
        return self.code.format(read=f"load_file({self.data!r})")


HELLO = Job("hello", "print('hello')")
CHART = Job("chart", _CHART, rows=33_000, picture="chart.png")  # 1 MB
FIT = Job("fit", _FIT, rows=240_000)  # 10 MB


def write_data(job: Job, folder: Path) -> None:
    """Write the job's CSV file, the same at every call."""
    if job.rows:
        header, row = ("a,b,c,price\n", _numbers) if job is FIT else ("id,city,price,day\n", _prices)
        draw = random.Random(7)
        lines = (row(draw, number) for number in range(job.rows))
        (folder / job.data).write_text(header + "".join(lines), encoding="ascii")


def _prices(draw: random.Random, number: int) -> str:
    city, price = draw.choice(_CITIES), draw.uniform(1, 999)
    return f"{number},{city},{price:.4f},2026-01-{number % 28 + 1:02}\n"


def _numbers(draw: random.Random, _number: int) -> str:
    a, b, c = (draw.gauss(0, 1) for _ in range(3))
    return f"{a:.8f},{b:.8f},{c:.8f},{3 * a - b + draw.gauss(0, 1):.8f}\n"
