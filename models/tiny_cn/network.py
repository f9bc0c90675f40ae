"""The acoustic network: a factorised time-delay network (TDNN-F) that classifies every 30 ms.

Source of the layer: Povey et al., "Semi-orthogonal low-rank matrix factorization for deep neural
networks", Interspeech 2018 (here without the orthogonality constraint).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.tiny_cn import features, nnet3

_SKIP = 0.66
_SPLICE = 3  # feature frames on each side of the first layer
_DILATIONS = (1, 1, 1, 2, 2)  # output frames


@dataclass(frozen=True, slots=True)
class Size:
    """Width of the hidden layers and of the bottlenecks between them."""

    hidden: int = 384
    bottleneck: int = 144


class Layer(nn.Module):
    """One factorised layer: two frames → bottleneck → two frames → ReLU, added to its input."""

    def __init__(self, size: Size, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.linear = nn.Linear(2 * size.hidden, size.bottleneck, bias=False)
        self.affine = nn.Linear(2 * size.bottleneck, size.hidden)
        self.norm = nn.BatchNorm1d(size.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, frames, hidden) to (batch, frames − 2 · dilation, hidden)."""
        step = self.dilation
        y = self.linear(torch.cat([x[:, :-step], x[:, step:]], 2))
        y = torch.relu(self.affine(torch.cat([y[:, :-step], y[:, step:]], 2)))
        return _normalised(self.norm, y) + _SKIP * x[:, step:-step]


class Network(nn.Module):
    """Features (batch, frames, 40) at 100 per second → class scores (batch, output frames, classes)."""

    #: Feature frames that the first output needs on each side of its own.
    context = _SPLICE + features.SUBSAMPLING * sum(_DILATIONS)

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.input_norm = nn.BatchNorm1d(features.DIMENSION, affine=False)
        self.first = nn.Linear((2 * _SPLICE + 1) * features.DIMENSION, size.hidden)
        self.first_norm = nn.BatchNorm1d(size.hidden)
        self.layers = nn.ModuleList(Layer(size, dilation) for dilation in _DILATIONS)
        self.output = nn.Linear(size.hidden, features.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Score every third frame that has its whole context."""
        spliced = _normalised(self.input_norm, x).unfold(1, 2 * _SPLICE + 1, features.SUBSAMPLING)
        x = torch.relu(self.first(spliced.transpose(2, 3).flatten(2)))
        x = _normalised(self.first_norm, x)
        for layer in self.layers:
            x = layer(x)
        scores: Tensor = self.output(x)
        return scores

    def components(self, class_offsets: list[float], garbage: float) -> nnet3.Network:
        """Return the trained network as Kaldi runs it.

        Parameters
        ----------
        class_offsets : list of float
            Added to the log posterior of each class: minus the log of its prior, and bonuses.
        garbage : float
            Constant score of one more output, the class of speech that is no known word.
        """
        net = nnet3.Network(features.DIMENSION)
        scale, offset = _scale_offset(self.input_norm)
        weight = self.first.weight.detach()
        taps = 2 * _SPLICE + 1
        bias = self.first.bias.detach() + weight @ offset.repeat(taps)
        appended = [f"Offset(input, {shift})" if shift else "input" for shift in range(-_SPLICE, _SPLICE + 1)]
        net.affine(
            "first.affine",
            f"Append({', '.join(appended)})",
            (weight * scale.repeat(taps)).numpy(),
            bias.numpy(),
        )
        node = _add_rectified(net, "first", "first.affine", self.first_norm)
        for number, layer in enumerate(self.layers, start=1):
            assert isinstance(layer, Layer)
            name, shift = f"layer{number}", features.SUBSAMPLING * layer.dilation
            net.affine(
                f"{name}.linear",
                f"Append(Offset({node}, -{shift}), {node})",
                layer.linear.weight.detach().numpy(),
            )
            net.affine(
                f"{name}.affine",
                f"Append({name}.linear, Offset({name}.linear, {shift}))",
                layer.affine.weight.detach().numpy(),
                layer.affine.bias.detach().numpy(),
            )
            sum_of = _add_rectified(net, name, f"{name}.affine", layer.norm)
            node = net.no_op(f"{name}.sum", f"Sum(Scale({_SKIP}, {node}), {sum_of})", self.size.hidden)
        net.affine(
            "output.affine", node, self.output.weight.detach().numpy(), self.output.bias.detach().numpy()
        )
        net.log_softmax("output.posterior", "output.affine", features.CLASSES)
        widen = torch.cat([torch.eye(features.CLASSES), torch.zeros(1, features.CLASSES)])
        net.affine(
            "output.score", "output.posterior", widen.numpy(), torch.tensor([*class_offsets, garbage]).numpy()
        )
        net.output("output.score", self.context)
        return net


def _normalised(norm: nn.Module, x: Tensor) -> Tensor:
    flat: Tensor = norm(x.flatten(0, 1))
    return flat.view(x.shape)


def _scale_offset(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None and norm.running_var is not None
    scale = torch.rsqrt(norm.running_var + norm.eps)
    if norm.affine:
        scale = scale * norm.weight.detach()
    offset = -norm.running_mean * scale
    return scale, offset + norm.bias.detach() if norm.affine else offset


def _add_rectified(net: nnet3.Network, name: str, source: str, norm: nn.BatchNorm1d) -> str:
    scale, offset = _scale_offset(norm)
    net.rectified(f"{name}.relu", source, len(scale))
    net.scale(f"{name}.scale", f"{name}.relu", scale.numpy())
    return net.offset(f"{name}.offset", f"{name}.scale", offset.numpy())
