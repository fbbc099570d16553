"""From data to positions on paper: round ticks and a linear scale."""

import math
from dataclasses import dataclass

FLAT = 1e-12


@dataclass(frozen=True)
class Scale:
    """Maps the values low..high to the positions start..end."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """The position of a value, held inside the frame."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(max(share, 0.0), 1.0) * (self.end - self.start), 2)


def choose_ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten) that cover low..high, about `wanted` of them."""
    # Data on one level, or closer than a float can tell apart, gets room around it.
    size = max(abs(low), abs(high))
    if high - low <= FLAT * max(size, 1.0):
        room = 0.1 * size if size > FLAT else 0.1
        low, high = low - room, high + room
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def say_tick(value: float) -> str:
    """Short words for a tick: 20 000 is 20k."""
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:g}".replace("-", "−")
