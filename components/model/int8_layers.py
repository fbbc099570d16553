"""Linear and embedding layers and tables of experts in INT8.

Shapes: N tokens (all leading dimensions together), I inputs, O outputs, V vocabulary, D width, C model width.
"""

import threading

import torch
from torch import Tensor, nn

from components.model.experts import Experts, dispatch
from components.model.feed_forward import activate
from components.model.int8_products import multiply_scaled, quantize_rows


class Int8Linear(nn.Module):
    """Linear layer with an int8 weight and one scale per output channel."""

    qweight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, qweight_OI: Tensor, scale_O: Tensor, bias_O: Tensor | None = None) -> None:
        super().__init__()
        self.out_features, self.in_features = qweight_OI.shape
        self.register_buffer("qweight", qweight_OI)
        self.register_buffer("scale", scale_O)
        self.register_buffer("bias", bias_O)
        self.siblings: Siblings | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., I] to [..., O] in the input's dtype."""
        if self.siblings is None:
            y_NO = multiply_scaled(x.reshape(-1, self.in_features), self.qweight, self.scale)
        else:
            y_NO = self.siblings.multiply(self, x)
        if self.bias is not None:
            y_NO += self.bias
        return y_NO.to(x.dtype).view(*x.shape[:-1], self.out_features)


class Siblings:
    """Layers that are given the same tensor one after another: it is rounded once, and their weights are one matrix.

    The first to be asked computes for all, the others find their part. Layers that turn out to be given different
    tensors go on apart.
    """

    def __init__(self, layers: list[Int8Linear]) -> None:
        self.layers = layers
        self._parts: list[tuple[Tensor, Tensor]] = []
        self._weight = self._scale = torch.empty(0)
        for layer in layers:
            layer.siblings = self

    def multiply(self, layer: Int8Linear, x: Tensor) -> Tensor:
        """The layer's product [N, O] in float32, a part of a wider matrix."""
        if _shared.siblings is not self or _shared.input is not x or layer not in _shared.outputs:
            if _shared.siblings is not None:
                _shared.siblings.part()
            if not self._joined():
                self._join()
            y_NO = multiply_scaled(x.reshape(-1, layer.in_features), self._weight, self._scale)
            parts = torch.split(y_NO, [one.out_features for one in self.layers], dim=1)
            _shared.siblings, _shared.input = self, x
            _shared.outputs = dict(zip(self.layers, parts, strict=True))
        found = _shared.outputs.pop(layer)
        if not _shared.outputs:
            _shared.siblings = _shared.input = None
        return found

    def part(self) -> None:
        """Let each layer compute for itself."""
        for layer in self.layers:
            layer.siblings = None

    def _joined(self) -> bool:
        """Whether the layers still have the tensors that stand side by side: loading and moving puts others there."""
        return bool(self._parts) and all(
            layer.qweight is weight and layer.scale is scale
            for layer, (weight, scale) in zip(self.layers, self._parts, strict=True)
        )

    def _join(self) -> None:
        """Put the layers' tensors side by side; each layer keeps its part as a view, so that none is held twice."""
        with torch.inference_mode(False):
            self._weight = torch.cat([layer.qweight for layer in self.layers])
            self._scale = torch.cat([layer.scale for layer in self.layers])
        sizes = [layer.out_features for layer in self.layers]
        self._parts = list(zip(torch.split(self._weight, sizes), torch.split(self._scale, sizes), strict=True))
        for layer, (weight, scale) in zip(self.layers, self._parts, strict=True):
            layer.qweight, layer.scale = weight, scale


class _Shared(threading.local):
    """What the layers asked next will want: an input, and their part of its product."""

    siblings: Siblings | None = None
    input: Tensor | None = None
    outputs: dict[Int8Linear, Tensor]


_shared = _Shared()


class Int8Experts(nn.Module):
    """All experts' weights as int8 tables with one scale per output channel of each expert."""

    up: Tensor
    up_scale: Tensor
    down: Tensor
    down_scale: Tensor

    def __init__(self, experts: Experts) -> None:
        super().__init__()
        self.activation = experts.activation
        for name in ("up", "down"):
            table, scale = quantize_rows(getattr(experts, name).detach())
            self.register_buffer(name, table)
            self.register_buffer(f"{name}_scale", scale.squeeze(-1))

    def forward(self, x_NC: Tensor, experts_Nk: Tensor, weights_Nk: Tensor) -> Tensor:
        """Sum over each token's experts, weighted, [N, C]."""

        def run(expert: int, x: Tensor) -> Tensor:
            up = multiply_scaled(x, self.up[expert], self.up_scale[expert], lasting=False)
            inner = activate(up, self.activation)
            return multiply_scaled(inner, self.down[expert], self.down_scale[expert], lasting=False)

        return dispatch(x_NC, experts_Nk, weights_Nk, len(self.up), run)


class Int8Embedding(nn.Module):
    """Embedding table with int8 rows and one scale per row."""

    qweight: Tensor
    scale: Tensor

    def __init__(self, qweight_VD: Tensor, scale_V: Tensor, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype
        self.register_buffer("qweight", qweight_VD)
        self.register_buffer("scale", scale_V)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up [...] ids, giving [..., D]."""
        return (self.qweight[ids] * self.scale[ids].unsqueeze(-1)).to(self.dtype)
