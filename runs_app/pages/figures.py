"""One figure on top of home, with its last days as a small line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure on top: name, value, what it means, and its last days as a line (0..1, oldest first)."""

    name: str
    value: str
    words: str
    tone: str = "accent"
    line: tuple[float, ...] = ()
    said: str = ""  # the line in words

    @property
    def points(self) -> str:
        """The line in a 96 x 28 box."""
        step = 90 / max(1, len(self.line) - 1)
        return " ".join(f"{3 + step * place:.1f},{24 - 20 * height:.1f}" for place, height in enumerate(self.line))

    @property
    def end(self) -> tuple[float, float]:
        """Where the line ends."""
        return 93.0, round(24 - 20 * self.line[-1], 1)
