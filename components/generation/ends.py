"""Which tokens end what a model says."""

from typing import Any


def read_end_ids(model: Any) -> tuple[int, ...]:
    """The end tokens that travel with a model, in its generation config; none when it names none."""
    declared = model.generation_config.eos_token_id
    if declared is None:
        return ()
    return (int(declared),) if isinstance(declared, int) else tuple(int(token) for token in declared)
