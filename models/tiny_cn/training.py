"""Training of the acoustic network: cross entropy on frames whose classes are known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.tiny_cn import features
from models.tiny_cn.network import Network, Size

_CHUNK = 120  # output frames
_BATCH = 64
_RATE = 2e-3
_HELD_BACK = 40  # chunks, to watch


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network and how often each class occurs in its training speech, shape (classes,)."""

    network: Network
    class_counts: npt.NDArray[np.int64]


def train(shards: Sequence[Path], size: Size, *, epochs: float, seed: int) -> Trained:
    """Train a network.

    Parameters
    ----------
    shards : sequence of Path
        Files of :mod:`models.tiny_cn.speech_set`, laid end to end as one stream of sound.
    size : Size
        Of the network.
    epochs : float
        Passes over the shards.
    seed : int
        Of the first weights and of the order of chunks.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    inputs, classes = _stream(shards)
    network = Network(size)
    starts = np.arange(0, len(classes) - 2 * _CHUNK, _CHUNK)
    watched, starts = starts[-_HELD_BACK:], starts[:-_HELD_BACK]
    steps = int(epochs * len(starts) / _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps + 1, pct_start=0.1)
    loss_of = nn.CrossEntropyLoss()

    def batch(firsts: npt.NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        reach = 2 * Network.context + features.SUBSAMPLING * (_CHUNK - 1) + 1
        x = torch.stack([inputs[features.SUBSAMPLING * f : features.SUBSAMPLING * f + reach] for f in firsts])
        return x.float(), torch.stack([classes[f : f + _CHUNK] for f in firsts]).long()

    order = np.zeros(0, np.int64)
    began = time.monotonic()
    for step in range(1, steps + 1):
        if len(order) < _BATCH:
            order = rng.permutation(starts) + rng.integers(0, _CHUNK)
        chosen, order = order[:_BATCH], order[_BATCH:]
        x, y = batch(np.minimum(chosen, starts[-1]))
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(x)
        loss = loss_of(scores.float().flatten(0, 1), y.flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            network.eval()
            with torch.no_grad():
                x, y = batch(watched)
                right = (network(x).argmax(2) == y).float().mean()
            took = (time.monotonic() - began) / 60
            print(
                f"step {step}/{steps}: loss {loss:.3f}, held back {right:.1%}, {took:.1f} min",
                flush=True,
            )
    network.eval()
    return Trained(network, np.bincount(classes.numpy(), minlength=features.CLASSES))


def _stream(shards: Sequence[Path]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return all features, padded by the network's context at both ends, and all classes."""
    parts = [np.load(path) for path in shards]
    frames = np.concatenate([part["features"] for part in parts])
    classes = np.concatenate([part["classes"] for part in parts])
    pad = Network.context
    frames = np.concatenate([frames[:1].repeat(pad, 0), frames, frames[-1:].repeat(pad, 0)])
    return torch.from_numpy(frames), torch.from_numpy(classes)
