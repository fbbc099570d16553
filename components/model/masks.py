"""Who sees whom in attention, as boolean masks.

Shapes: B sequences, T queries, S keys. Every function is about index differences, query minus key.
"""

import torch
from torch import Tensor

IGNORED = -100


def find_segments(position_ids_BT: Tensor) -> Tensor | None:
    """Number of the packed text that each token belongs to, [B, T]; None when each row holds one text."""
    restarts = position_ids_BT[:, 1:] != position_ids_BT[:, :-1] + 1
    if not bool(restarts.any()):
        return None
    return torch.nn.functional.pad(restarts.long().cumsum(-1), (1, 0))


def find_prefix(labels_BT: Tensor, segments_BT: Tensor | None) -> Tensor:
    """True on the tokens of each text before its first labelled one: what the model is given, not asked for."""
    labelled = (labels_BT != IGNORED).long()
    seen = labelled.cumsum(-1)
    if segments_BT is None:
        return seen == 0
    before = seen - labelled
    starts = torch.nn.functional.pad(segments_BT[:, 1:] != segments_BT[:, :-1], (1, 0), value=True)
    at_start = torch.where(starts, before, torch.zeros_like(before)).cummax(-1).values
    return seen == at_start


def find_distance(positions_BT: Tensor, keys: int) -> Tensor:
    """Query place minus key place, [B, T, S]; keys stand at 0, 1, 2, ..."""
    return positions_BT[:, :, None] - torch.arange(keys, device=positions_BT.device)


def visible_mask(
    distance: Tensor,
    keys_BS: Tensor | None,
    prefix_BT: Tensor | None,
    segments_BT: Tensor | None,
    *,
    ordered: bool,
) -> Tensor | None:
    """Earlier keys and oneself, within a prefix also later ones, never padding or another text of the row.

    None when nothing but order hides anything, which attention kernels know by themselves.
    """
    if keys_BS is None and prefix_BT is None and segments_BT is None:
        return None
    visible = distance >= 0 if ordered else torch.ones_like(distance, dtype=torch.bool)
    if prefix_BT is not None:
        visible = visible | (prefix_BT[:, :, None] & prefix_BT[:, None, :])
    if segments_BT is not None:
        visible = visible & (segments_BT[:, :, None] == segments_BT[:, None, :])
    if keys_BS is not None:
        visible = visible & keys_BS.bool()[:, None, :]
    # Padding sees itself: a row of nothing but minus infinity would be NaN.
    return visible | (distance == 0)


def build_masks(
    distance: Tensor, visible: Tensor | None, patterns: list[Tensor | None], bias: Tensor | None, *, ordered: bool
) -> tuple[Tensor | None, ...]:
    """One mask [B, 1 or H, T, S] for each pattern: boolean, or the bias with minus infinity where nothing is seen."""
    queries, keys = distance.shape[-2:]
    if visible is None and bias is None and patterns == [None] and (not ordered or queries in (1, keys)):
        return (None,)
    if visible is None:
        visible = distance >= 0 if ordered else torch.ones_like(distance, dtype=torch.bool)
    masks = []
    for pattern in patterns:
        seen = (visible if pattern is None else visible & pattern)[:, None]
        masks.append(seen if bias is None else torch.where(seen, bias, float("-inf")))
    return tuple(masks)


def list_patterns(kind: str, distance: Tensor, *, window: int, stride: int) -> list[Tensor | None]:
    """The patterns that layers take in turn; None is full attention.

    `sliding_window`: the last `window` positions, oneself included (Beltagy et al. 2020). `factorized`: strided
    Sparse Transformer (Child et al. 2019, section 4.3), the last `stride` positions in even layers and every
    `stride`-th in odd ones.
    """
    match kind:
        case "sliding_window":
            return [distance < window]
        case "factorized":
            return [distance <= stride, distance % stride == 0]
        case _:
            return [None]
