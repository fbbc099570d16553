"""Numbers as people read them; an absent figure is a dash, never a zero."""

DASH = "—"
THIN = "\u202f"
HARD = "\u00a0"


def format_percent(value: float | None, digits: int = 1) -> str:
    """0.634 is 63.4 %."""
    return DASH if value is None else f"{_sign(value)}{abs(value) * 100:.{digits}f}{THIN}%"


def format_points(value: float | None) -> str:
    """A difference of two shares, in percentage points, with its sign."""
    if value is None:
        return DASH
    return f"{'−' if round(value, 3) < 0 else '+'}{abs(value) * 100:.1f}{THIN}pts"


def format_number(value: float | None, digits: int = 3) -> str:
    """`digits` significant digits without an exponent; thousands are set apart."""
    if value is None:
        return DASH
    if float(value).is_integer():
        return f"{_sign(value)}{abs(value):,.0f}".replace(",", THIN)
    size = abs(value)
    if size >= 10 ** (digits - 1):
        return f"{_sign(value)}{size:,.0f}".replace(",", THIN)
    if size < 1e-4:
        return f"{value:.1e}".replace("-", "−")
    return f"{_sign(value)}{size:#.{digits}g}"


def format_count(value: float | None) -> str:
    """1 234 567 is 1.23 M."""
    return _scale(value, 1000.0, ("", "k", "M", "G", "T"))


def format_bytes(value: float | None) -> str:
    """1 234 567 is 1.23 MB (powers of ten)."""
    return _scale(value, 1000.0, ("B", "kB", "MB", "GB", "TB"))


def format_duration(seconds: float | None) -> str:
    """761 is 12 min 41 s, in one piece."""
    if seconds is None:
        return DASH
    if seconds < 60:
        return f"{seconds:.1f}{THIN}s"
    whole = round(seconds)
    if whole < 3600:
        rest = f"{HARD}{whole % 60}{THIN}s" if whole % 60 else ""
        return f"{whole // 60}{THIN}min{rest}"
    return f"{whole // 3600}{THIN}h {whole % 3600 // 60}{THIN}min"


def format_loss(value: float | None) -> str:
    """Four decimals: the differences that matter are small."""
    return DASH if value is None else f"{value:.4f}"


def format_truth(value: float | None) -> str:
    """1 is yes, anything less is no."""
    return DASH if value is None else "yes" if value >= 1.0 else "no"


def format_milliseconds(value: float | None) -> str:
    """Latency; three significant digits."""
    return DASH if value is None else f"{format_number(value)}{THIN}ms"


def format_gigabytes(value: float | None) -> str:
    """Memory with two decimals."""
    return DASH if value is None else f"{value:.2f}{THIN}GB"


def format_times(value: float | None) -> str:
    """A ratio: 2.1×."""
    return DASH if value is None else f"{value:.2f}×"


def _scale(value: float | None, base: float, units: tuple[str, ...]) -> str:
    if value is None:
        return DASH
    for unit in units[:-1]:
        if abs(value) < base:
            return f"{format_number(value)}{THIN}{unit}".rstrip(THIN)
        value /= base
    return f"{format_number(value)}{THIN}{units[-1]}"


def _sign(value: float) -> str:
    return "−" if value < 0 else ""
