"""What hot words mend and what they spoil, on sentences that the built-in model recognises.

    python -m benchmarks.hot_words [--heard FILE] [--write] [--json]

Two halves, ``known`` and ``unseen``, each of 20 names of products and places that the model does not know or
seldom hears, in four sentences each, and of 80 sentences of service talk that hold none of them. Twelve
synthetic voices say them over a telephone line (A-law, 40 or 20 dB) and the model recognises them. The
limits of :mod:`speech.hotwords` were chosen on the known half; other words, other sentences and other noise
make the unseen half. Rows: ``{half, list, names, right_before, right_after, mended, spoiled, neutral,
cer_before, cer_after}``; a correction mends if the text differs less from what was said than before, and
spoils if it differs more. ``list`` is ``20`` words, or ``1000``: the 20 and 980 others that nobody says.

``--write`` keeps what was heard where the tests read it, ``tests/speech/sentences/hot-words.json``, and
``--heard`` reads it from there instead of saying and recognising it again (a minute of a processor).
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from calls.records import Role, Utterance, Word
from speech.channel import telephone
from speech.error_rate import character_error_rate, pooled
from speech.hotwordlist import HotWord
from speech.hotwords import HotWords
from speech.joining import join
from speech.models import BUILTIN, find_model
from speech.recogniser import load
from speech.transcribe import recognise_channel
from speech.view import view_of
from speech.voices import VOICES, Speaker

KEPT = Path(__file__).parent.parent / "tests" / "speech" / "sentences" / "hot-words.json"
DIALOGUE = Path(__file__).parent.parent / "models" / "tiny_cn" / "text" / "dialogue.txt"
RATE = 8000
TALK = 80

NAMES = {
    "known": (
        "沃派 畅爽冰激凌 全球通 动感地带 神州行 亲情网 飞享套餐 和彩云 咪咕视频 家庭云 天翼云盘 智慧沃家"
        " 光猫 机顶盒 白金卡 花呗 借呗 顺丰速运 京东白条 流量魔盒"
    ).split(),
    "unseen": (
        "腾讯王卡 蚂蚁宝卡 冰淇淋套餐 爱家套餐 云闪付 芝麻信用 菜鸟驿站 极兔速递 中通快递 达达配送 叮咚买菜"
        " 盒马鲜生 山姆会员 运费险 信用飞 虚拟号 黄牛票 携号转网 校园卡 千兆宽带"
    ).split(),
}
SENTENCES = {
    "known": (
        "我想办理{}",
        "{}怎么取消",
        "你们的{}多少钱一个月",
        "我的{}用不了了",
    ),
    "unseen": ("帮我查一下{}", "{}为什么扣我的钱", "这个{}我没有订过", "请把{}给我退掉"),
}


@dataclass(frozen=True)
class Heard:
    """A sentence and what was recognised of it; ``name`` is the hot word in it, if any."""

    said: str
    name: str
    words: tuple[Word, ...]

    @property
    def utterance(self) -> Utterance:
        """What was recognised as an utterance."""
        text = join(word.text for word in self.words)
        end = self.words[-1].end if self.words else 0.0
        return Utterance(number=0, role=Role.CALLER, start=0, end=end, text=text, words=self.words)


@dataclass(frozen=True)
class Row:
    """What a list of hot words did to one half of the sentences."""

    half: str
    list: int
    names: int
    right_before: int
    right_after: int
    mended: int
    spoiled: int
    neutral: int
    cer_before: float
    cer_after: float


def listen() -> dict[str, list[Heard]]:
    """Say all sentences and recognise them."""
    talk = [line for line in DIALOGUE.read_text("utf-8").splitlines() if line and line[0] != "#"]
    random.Random(5).shuffle(talk)
    model, voices, rng = load(find_model(BUILTIN)), sorted(VOICES), np.random.default_rng(7)
    heard: dict[str, list[Heard]] = {}
    with Speaker() as speaker:
        for number, (half, names) in enumerate(NAMES.items()):
            pairs = [(sentence.format(name), name) for name in names for sentence in SENTENCES[half]]
            pairs += [(said, "") for said in talk[number * TALK : (number + 1) * TALK]]
            for place, (said, name) in enumerate(pairs):
                clean = speaker.say(said, VOICES[voices[place % len(voices)]], RATE)
                line = telephone(clean, snr_db=(40.0, 20.0)[place % 2], codec="alaw", rng=rng)
                words = recognise_channel((line / 32768).astype(np.float32), RATE, model)
                heard.setdefault(half, []).append(Heard(said, name, tuple(words)))
    return heard


def kept(path: Path = KEPT) -> dict[str, list[Heard]]:
    """Read what was heard before."""
    return {
        half: [
            Heard(said, name, tuple(Word(text=t, start=s, end=e, confidence=c) for t, s, e, c in words))
            for said, name, words in rows
        ]
        for half, rows in json.loads(path.read_text("utf-8")).items()
    }


def keep(heard: dict[str, list[Heard]], path: Path = KEPT) -> None:
    """Write what was heard, a sentence a line."""
    halves = []
    for half, rows in heard.items():
        lines = [
            json.dumps(
                [
                    row.said,
                    row.name,
                    [[w.text, w.start, w.end, round(w.confidence or 0, 3)] for w in row.words],
                ],
                ensure_ascii=False,
            )
            for row in rows
        ]
        halves.append(f"{json.dumps(half)}: [\n" + ",\n".join(lines) + "\n]")
    path.write_text("{" + ",\n".join(halves) + "}\n", "utf-8")


def others(count: int) -> list[HotWord]:
    """Return names that nobody says: two to four common characters each."""
    rng = random.Random(11)
    signs = [bytes((row, cell)).decode("gb2312") for row in range(0xB0, 0xC8) for cell in range(0xA1, 0xFF)]
    return [HotWord("".join(rng.choices(signs, k=rng.choice((2, 3, 3, 4))))) for _ in range(count)]


def measure(half: str, heard: Sequence[Heard], listed: Sequence[HotWord]) -> Row:
    """Count what the hot words mend and spoil."""
    hot_words = HotWords(listed)
    counts = {"mended": 0, "spoiled": 0, "neutral": 0}
    before, after, right_before, right_after = [], [], 0, 0
    for each in heard:
        utterance = each.utterance
        edits = [found.edit for found in hot_words.corrections(utterance)]
        shown = view_of(utterance.text, edits).text
        errors = character_error_rate(each.said, utterance.text)
        wrong = errors.substitutions + errors.deletions + errors.insertions
        for edit in edits:
            now = character_error_rate(each.said, view_of(utterance.text, [edit]).text)
            change = now.substitutions + now.deletions + now.insertions - wrong
            counts["mended" if change < 0 else "spoiled" if change > 0 else "neutral"] += 1
        before.append(errors)
        after.append(character_error_rate(each.said, shown))
        right_before += bool(each.name) and each.name in utterance.text
        right_after += bool(each.name) and each.name in shown
    return Row(
        half=half,
        list=len(listed),
        names=sum(bool(each.name) for each in heard),
        right_before=right_before,
        right_after=right_after,
        cer_before=round(pooled(before).rate, 4),
        cer_after=round(pooled(after).rate, 4),
        **counts,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--heard", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    heard = kept(options.heard) if options.heard else listen()
    if options.write:
        keep(heard)
    rows = [
        measure(half, rows, [*map(HotWord, NAMES[half]), *others(more)])
        for half, rows in heard.items()
        for more in (0, 980)
    ]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    for row in rows:
        print("  ".join(f"{field} {value}" for field, value in asdict(row).items()))


if __name__ == "__main__":
    main()
