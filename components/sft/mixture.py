"""How many conversations each part of a mixture gives."""

from collections.abc import Sequence


def divide(count: int, weights: Sequence[float], limits: Sequence[int | None]) -> list[int]:
    """Shares of a count by weight, none over its limit; what a limit leaves goes to the others by their weights.

    Shares are rounded by largest remainder, so that they sum up to the count where the limits allow it.
    """
    shares = [0] * len(weights)
    able, left = list(range(len(weights))), count
    while able:
        whole = sum(weights[at] for at in able)
        wanted = {at: left * weights[at] / whole for at in able}
        full = {at: limit for at in able if (limit := limits[at]) is not None and limit < wanted[at]}
        for at, share in (full or _round(wanted, left)).items():
            shares[at] = share
        able = [at for at in able if at not in full] if full else []
        left -= sum(full.values())
    return shares


def _round(wanted: dict[int, float], count: int) -> dict[int, int]:
    shares = {at: int(share) for at, share in wanted.items()}
    by_remainder = sorted(wanted, key=lambda at: shares[at] - wanted[at])
    for at in by_remainder[: count - sum(shares.values())]:
        shares[at] += 1
    return shares
