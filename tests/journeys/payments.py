"""Real payments if they lie beside the repository, else a file of the same shape: 872 rows, 49 of them above 5,000."""

from __future__ import annotations

import csv
import random
from pathlib import Path

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "card-spend-2020.csv"
LIMIT = 5000


def file_in(folder: Path) -> Path:
    """A CSV with the columns date, supplier, amount."""
    return REAL if REAL.exists() else _generated(folder / "card-spend.csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Its rows as they are written."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _generated(path: Path) -> Path:
    r = random.Random(2020)
    amounts = [round(r.uniform(LIMIT + 1, 90_000), 2) for _ in range(49)] + [round(r.uniform(500, LIMIT), 2) for _ in range(823)]
    r.shuffle(amounts)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "supplier", "amount"])
        writer.writerows([f"2020-{r.randint(1, 12):02}-{r.randint(1, 28):02}", f"SUPPLIER {n} LTD", amount] for n, amount in enumerate(amounts))
    return path
