"""Where a low-rank adapter may sit, told before anything is trained; importing this file costs no peft."""

from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from components.base.errors import ParamsError
from components.model.merging import ALL_LINEAR, find_targets

ADAPTABLE = (nn.Linear, nn.Embedding, Conv1D)


def require_targets(where: str, model: PreTrainedModel, targets: list[str] | str) -> None:
    """Raises ParamsError for a target that is no layer of the model, or one on which no adapter can be trained.

    `where` is the params' section that names them.
    """
    if targets == ALL_LINEAR:
        return
    layers = dict(model.named_modules())
    head = model.get_output_embeddings()
    for target in targets:
        found = [layers[name] for name in find_targets(model, [target])]
        if any(layer is head for layer in found):
            raise ParamsError(
                f"{where}.target_modules: {target!r} is the output head, which is applied by itself: an adapter "
                "there would never be trained; leave it out"
            )
        wrong = next((layer for layer in found if not isinstance(layer, ADAPTABLE)), None)
        if not found or wrong is not None:
            reason = "no layer of the model" if wrong is None else f"a {type(wrong).__name__}, which takes no adapter"
            known = sorted({name.rpartition(".")[2] for name, m in layers.items() if isinstance(m, ADAPTABLE)})
            raise ParamsError(f"{where}.target_modules: {target!r} is {reason}; these do: {', '.join(known)}")
