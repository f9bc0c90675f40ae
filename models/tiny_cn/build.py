"""Build the demo model: corpus → speech → network → graph → the model folder.

Run from the root of the repository as ``python -m models.tiny_cn.build`` (MODEL_CARD.md says what must
be installed). Everything is drawn with fixed seeds; on one machine the same sources give the same model,
but for the rounding order of parallel sums.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np

from models.tiny_cn import corpus, graph, lexicon, speech_set
from models.tiny_cn.nnet3 import Precision

MODEL = Path(__file__).parent / "model"
#: The committed model must not grow beyond this many bytes.
LIMIT = 3_000_000

#: How often the language model counts one sentence of each group.
_WEIGHTS = {"template": 1, "command": 3, "sentence": 3, "flow": 4, "scenario": 4, "seed": 3}
#: Bonus of silence over the phones, and the constant score of unknown speech; log units.
_SILENCE_BONUS = 4.0
_GARBAGE_SCORE = 2.0

_MFCC_CONF = """\
--sample-frequency=8000
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=40
--high-freq=3800
--dither=0
--allow-downsample=true
"""
_MODEL_CONF = """\
--min-active=200
--max-active=3000
--beam=11.0
--lattice-beam=5.0
--acoustic-scale=0.8
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""


def write_model(
    folder: Path, network: Path, precision: Precision = "CM", silence_bonus: float = _SILENCE_BONUS
) -> None:
    """Write the Vosk model folder from a trained network's file."""
    import torch

    from models.tiny_cn.network import Network, Size

    saved = torch.load(network, weights_only=True)
    trained = Network(Size(**saved["size"]))
    trained.load_state_dict(saved["state"])
    trained.eval()
    counts = saved["class_counts"].numpy() + 20.0
    offsets = -np.log(counts / counts.sum())
    offsets[0] += silence_bonus
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("am", "conf", "graph"):
        (folder / part).mkdir(parents=True)
    kaldi = trained.components(offsets.tolist(), _GARBAGE_SCORE)
    (folder / "am" / "final.mdl").write_bytes(kaldi.to_bytes(graph.phone_classes(), precision))
    (folder / "conf" / "mfcc.conf").write_text(_MFCC_CONF)
    (folder / "conf" / "model.conf").write_text(_MODEL_CONF)
    words = lexicon.vocabulary()
    sentences = [
        (lexicon.segment(text), _WEIGHTS[name]) for name, texts in corpus.groups().items() for text in texts
    ]
    graph.write(folder / "graph", words, lexicon.extra_characters(words), sentences)


def train_network(target: Path, shards: list[Path], epochs: float, hidden: int, bottleneck: int) -> None:
    """Train on ``shards`` and write the network to ``target``."""
    import torch

    from models.tiny_cn.network import Size
    from models.tiny_cn.training import train

    size = Size(hidden, bottleneck)
    trained = train(shards, size, epochs=epochs, seed=1)
    saved = {
        "size": {"hidden": size.hidden, "bottleneck": size.bottleneck},
        "state": trained.network.state_dict(),
        "class_counts": torch.from_numpy(trained.class_counts),
    }
    partial = target.with_suffix(".part")
    torch.save(saved, partial)
    partial.rename(target)


def main() -> None:
    """Build the demo model in a work folder and put it where huawu reads it."""
    parser = argparse.ArgumentParser(prog="python -m models.tiny_cn.build", description=main.__doc__)
    parser.add_argument(
        "--work", type=Path, default=Path("out/tiny_cn"), help="speech and network (default: %(default)s)"
    )
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="model folder to write (default: %(default)s)"
    )
    parser.add_argument(
        "--items", type=int, default=24_000, help="spoken items to make (default: %(default)s)"
    )
    parser.add_argument("--epochs", type=float, default=4.5, help="passes over them (default: %(default)s)")
    parser.add_argument("--hidden", type=int, default=384, help="width of the network (default: %(default)s)")
    parser.add_argument(
        "--bottleneck", type=int, default=144, help="width between layers (default: %(default)s)"
    )
    parser.add_argument(
        "--processes", type=int, default=2, help="shards made at a time (default: %(default)s)"
    )
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    shards = speech_set.make(
        options.work / "speech", items=options.items, seed=1, processes=options.processes
    )
    network = options.work / "network.pt"
    if not network.exists():
        train_network(network, shards, options.epochs, options.hidden, options.bottleneck)
    write_model(options.model, network)
    size = sum(path.stat().st_size for path in options.model.rglob("*") if path.is_file())
    print(f"{options.model}: {size:,} bytes")
    if size > LIMIT:
        raise SystemExit(
            f"the model is larger than {LIMIT:,} bytes: make the network or the language model smaller"
        )


if __name__ == "__main__":
    main()
