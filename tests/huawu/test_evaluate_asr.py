from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from calls.errors import HuawuError, ModelError
from huawu.asr.document import as_json
from huawu.asr.hearing import Heard, Hearing, hear
from huawu.asr.page import Run, page, runs
from huawu.asr.references import Problem, Reference, read_references
from huawu.asr.scores import Comparison, ModelScore, score
from huawu.cli import app
from speech.error_rate import character_error_rate
from speech.spoken import STEPS, normaliser
from tests.speech.toy_voice import RATE, say

pytestmark = pytest.mark.integration

SAID = ("我要查余额", "转人工", "一共三千五百块", "嗯，好的", "谢谢您的来电", "再见")


def judged(*texts: str | None, name: str = "a", synthetic: bool = False) -> ModelScore:
    """What a model heard of :data:`SAID`, 2 s each; ``None`` where it failed."""
    references = [Reference(f"{n}.wav", Path(f"{n}.wav"), text) for n, text in enumerate(SAID)]
    hearings = tuple(
        Hearing(reason="it is broken") if text is None else Hearing(text, 2.0, 0.5, 0.4) for text in texts
    )
    heard = Heard(name, "engine 1", synthetic, 1.0, 80.0, 99.5, hearings)
    return score(references, heard, normaliser())


def comparison(*scores: ModelScore, problems: tuple[Problem, ...] = ()) -> Comparison:
    return Comparison(scores, dict.fromkeys(STEPS, True), problems)


GOOD = judged("我要查余额", "转人工", "一共3500块", "好的", "谢谢你的来电", "再见", name="good")
POOR = judged("我要茶鱼额", "转工", "一共三千五块吧", None, "谢谢", "再见", name="poor", synthetic=True)


# references


def test_a_folder_has_words_beside_its_recordings(tmp_path: Path) -> None:
    for name in ("a.wav", "deep/b.MP3", "c.wav", "d.wav", "e.wav", "f.wav", "readme.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "a.txt").write_text("\ufeff你好\n", encoding="utf-8")
    (tmp_path / "deep" / "b.txt").write_text("再见")
    (tmp_path / "d.txt").write_text(" \n")
    (tmp_path / "e.txt").write_bytes("你好".encode("gb18030"))
    (tmp_path / "f.txt").write_text("不是")
    (tmp_path / "f.wav.txt").write_text("是")
    (tmp_path / "lonely.txt").write_text("喂")

    assert read_references(tmp_path) == (
        [
            Reference("a.wav", tmp_path / "a.wav", "你好"),
            Reference("deep/b.MP3", tmp_path / "deep" / "b.MP3", "再见"),
            Reference("f.wav", tmp_path / "f.wav", "是"),
        ],
        [
            Problem("c.wav", "there is no c.txt beside it"),
            Problem("d.wav", "d.txt is empty → write down what is said"),
            Problem("e.wav", "e.txt is not UTF-8 → save it as UTF-8"),
            Problem("f.txt", "there is no recording beside it"),
            Problem("lonely.txt", "there is no recording beside it"),
        ],
    )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_manifest_names_recordings_and_words(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    rows = [("a.wav", "你好"), ("a.wav", "你好"), ("gone.wav", "喂"), ("b.wav", ""), ("", "喂")]
    if form == "csv":
        text = "file,text\n" + "".join(f"{file},{text}\n" for file, text in rows)
    else:
        text = "".join(json.dumps({"audio": file, "text": text, "n": 1}) + "\n" for file, text in rows)
    (tmp_path / f"list.{form}").write_text(text)
    line = 2 if form == "csv" else 1

    found, problems = read_references(tmp_path / f"list.{form}")

    assert found == [Reference("a.wav", tmp_path / "a.wav", "你好")]
    assert problems == [
        Problem("a.wav", f"line {line + 1}: it is there twice"),
        Problem("gone.wav", f"line {line + 2}: {tmp_path / 'gone.wav'} does not exist"),
        Problem("b.wav", f"line {line + 3}: no text"),
        Problem(
            f"line {line + 4}", "no file: the column is called file or audio or audio_filepath or path or wav"
        ),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone", None, "does not exist"),
        ("a.jsonl", "{", "a.jsonl, line 1"),
        ("a.jsonl", "[]", "line 1: no object"),
        ("a.xls", "x", "is no folder and no manifest"),
        ("a.csv", "file,text\n", "no recording with its words"),
        (
            "a.csv",
            "file,text\nb.wav,喂\n",
            r"no recording with its words \(b.wav: line 2: .* does not exist\)",
        ),
    ],
)
def test_what_cannot_be_judged_at_all_is_refused(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)

    with pytest.raises(HuawuError, match=message):
        read_references(tmp_path / name)


# scores


def test_errors_of_all_files_are_counted_together() -> None:
    errors = POOR.errors

    # 余 → 鱼, 查 → 茶; 人 lost; the number is 3500 either way, 吧 added; 您的来电 lost
    assert (errors.substitutions, errors.deletions, errors.insertions) == (2, 5, 1)
    assert errors.reference_length == 5 + 3 + 7 + 6 + 2
    assert (POOR.seconds, POOR.real_time_factor, POOR.cpu_seconds) == (10.0, 0.25, 2.0)
    assert [each.reference.name for each in POOR.failed] == ["3.wav"]
    assert POOR.confusions() == [("查", "茶", 1), ("余", "鱼", 1)]


def test_rates_come_with_intervals_and_differences_with_the_files_that_both_heard() -> None:
    found = comparison(GOOD, POOR)
    rate, apart = found.rate(POOR), found.difference(POOR)

    assert rate is not None
    assert apart is not None
    assert rate.value == pytest.approx(8 / 23)
    assert 0 < rate.low < rate.value < rate.high < 1
    assert (found.common, apart.value) == ((0, 1, 2, 4, 5), pytest.approx(7 / 23))
    assert found.difference(GOOD) is not None
    assert not found.complete
    assert found.worst(3) == [4, 0, 1]


def test_the_same_model_twice_differs_by_nothing() -> None:
    apart = comparison(POOR, POOR).difference(POOR)

    assert apart is not None
    assert (apart.value, apart.low, apart.high) == (0.0, 0.0, 0.0)


def test_of_few_files_no_interval_is_claimed_and_of_none_no_rate() -> None:
    few = comparison(judged("我要查余额", "人工", None, None, None, None))
    rate = few.rate(few.scores[0])
    assert rate is not None
    assert (rate.value, math.isnan(rate.low)) == (pytest.approx(1 / 8), True)

    nothing = comparison(judged(*[None] * 6))
    assert nothing.rate(nothing.scores[0]) is None
    assert nothing.scores[0].real_time_factor is None
    assert as_json(nothing)["models"][0]["cer"] == {"value": None, "low": None, "high": None}
    assert "没听成" in page(nothing)


def test_json_has_all_figures() -> None:
    document = as_json(comparison(GOOD, POOR, problems=(Problem("x.wav", "no words"),)))

    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["normaliser"]["applied"] == list(STEPS)
    assert [each["model"] for each in document["models"]] == ["good", "poor"]
    assert [each["synthetic_voices_only"] for each in document["models"]] == [False, True]
    assert document["models"][1]["cer"]["value"] == pytest.approx(8 / 23)
    assert document["files"][3]["results"] == [
        {
            "model": "good",
            "hypothesis": "好的",
            "cer": 0.0,
            "substitutions": 0,
            "deletions": 0,
            "insertions": 0,
            "characters": 2,
            "channel_seconds": 2.0,
            "wall_seconds": 0.5,
        },
        {"model": "poor", "reason": "it is broken"},
    ]
    assert document["problems"] == [{"file": "x.wav", "reason": "no words"}]


# the page


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def text_of(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    assert reader.open == []
    return " ".join(reader.text.split())


def test_the_page_says_who_was_wrong_where_and_what_the_figures_are_worth() -> None:
    html = page(comparison(GOOD, POOR), at=datetime(2026, 11, 28, 12, tzinfo=UTC))
    text = text_of(html)

    assert "poor 是内置演示模型，只听得懂 huawu 自己的合成语音" in text
    assert "good 是内置演示模型" not in text
    assert "poor 比 good 高 30.43 个百分点" in text
    assert "2026-11-28 12:00 UTC" in text
    assert html.count('class="sub" title="应为 查余，听成 茶鱼') == 1
    assert html.index("<h3>4.wav</h3>") < html.index("<h3>0.wav</h3>")
    assert "3.wavpoor: it is broken" in text
    assert "http" not in html


def test_what_recordings_and_models_are_called_cannot_harm_the_page() -> None:
    html = page(comparison(judged("<b>", "<script>alert(1)</script>", *SAID[2:], name="<i>m</i>")))

    assert "<script>" not in html
    assert "<i>m" not in html


def test_neighbours_of_one_kind_are_shown_together() -> None:
    alignment = character_error_rate("我要查余额吧", "我要茶鱼额的吧").alignment

    assert runs(alignment) == [
        Run("hit", "我要", "我要"),
        Run("substitution", "查余", "茶鱼"),
        Run("hit", "额", "额"),
        Run("insertion", "", "的"),
        Run("hit", "吧", "吧"),
    ]


# processes

_EAR = """
import json, os, signal, sys, time
asked = json.load(sys.stdin)
def say(**values): print(json.dumps(values), flush=True)
if asked["model"] == "dead": os.kill(os.getpid(), signal.SIGSEGV)
if asked["model"] == "refused": say(refused="no such model", hint="take another"); sys.exit()
say(engine="e", name=asked["model"], synthetic=False, load_seconds=0.1, idle_mb=10.0)
for n, file in enumerate(asked["files"]):
    if file == "unreadable": say(file=n, reason="no sound", peak_mb=11.0); continue
    say(begins=n, seconds=1.5, channels=2)
    if file == "segv": print("a last word", file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGSEGV)
    if file == "hang": time.sleep(60)
    if file == "exit": sys.exit(3)
    say(file=n, text=file, wall=0.2, cpu=0.1, peak_mb=12.0)
"""
EAR = (sys.executable, "-c", _EAR)


def test_a_crash_costs_one_file_and_is_its_reason() -> None:
    ticks: list[None] = []
    files = [Path(name) for name in ("a", "segv", "unreadable", "exit", "b", "segv")]

    heard = hear("m", files, command=EAR, tick=lambda: ticks.append(None))

    whole = {"seconds": 3.0, "wall": 0.2, "cpu": 0.1}
    assert heard == Heard(
        "m",
        "e",
        False,
        0.1,
        10.0,
        12.0,
        (
            Hearing("a", **whole),
            Hearing(reason="the process died of signal 11 at this file (a last word)"),
            Hearing(reason="no sound"),
            Hearing(reason="the process ended at this file"),
            Hearing("b", **whole),
            Hearing(reason="the process died of signal 11 at this file (a last word)"),
        ),
    )
    assert len(ticks) == 6


def test_a_file_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huawu.asr.hearing.SLOWEST", 0.1)

    heard = hear("m", [Path("hang"), Path("a")], command=EAR, grace=1.0)

    assert [each.reason or each.text for each in heard.hearings] == [
        "it took longer than 1 s at this file",
        "a",
    ]


def test_a_model_that_does_not_load_is_an_error() -> None:
    with pytest.raises(ModelError, match="no such model → take another"):
        hear("refused", [Path("a")], command=EAR)
    with pytest.raises(ModelError, match="model dead does not load: the process died of signal 11"):
        hear("dead", [Path("a")], command=EAR)


# the command


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    for number, text in enumerate(("好，不行。", "嗯，不", "行 好", "不好行", "好好")):
        sound = say("".join(sign for sign in text if sign in "好不行 "))
        soundfile.write(folder / f"{number}.wav", np.pad(sound, (0, 800)), RATE)
        (folder / f"{number}.txt").write_text(text)
    (folder / "bad.wav").write_bytes(b"no sound")
    (folder / "bad.txt").write_text("好")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    from tests.speech.toy_sherpa import sense_voice, zipformer

    folder = tmp_path_factory.mktemp("models")
    return str(sense_voice(folder / "whole")), str(zipformer(folder / "stream"))


def test_two_models_are_compared_file_by_file(spoken: Path, models: tuple[str, str], tmp_path: Path) -> None:
    whole, stream = models
    arguments = ["--ref", str(spoken), "--model", whole, "--model", stream, "--json"]

    done = CliRunner().invoke(app, ["evaluate", "asr", *arguments, "--out", str(tmp_path / "page.html")])

    assert done.exit_code == 1
    found = json.loads(done.stdout)
    heard = {
        each["file"]: [result.get("hypothesis", "-") for result in each["results"]] for each in found["files"]
    }
    # neither network can tell one vowel that goes on from two
    assert heard == {
        "0.wav": ["好不行"] * 2,
        "1.wav": ["不"] * 2,
        "2.wav": ["行好"] * 2,
        "3.wav": ["不好行"] * 2,
        "4.wav": ["好"] * 2,
        "bad.wav": ["-", "-"],
    }
    assert [(each["cer"]["value"], each["failed"]) for each in found["models"]] == [
        (pytest.approx(1 / 11), 1),
        (pytest.approx(1 / 11), 1),
    ]
    assert all(each["peak_mb"] >= each["loaded_mb"] > 10 for each in found["models"])
    assert "whole" in text_of((tmp_path / "page.html").read_text())


def test_the_built_in_models_figures_carry_a_warning(spoken: Path) -> None:
    done = CliRunner().invoke(
        app, ["evaluate", "asr", "--ref", str(spoken), "--model", "builtin", "--without", "fillers"]
    )

    assert done.exit_code == 1
    assert "hears huawu's own synthetic voices only" in done.stdout
    assert "left as it is: fillers" in done.stdout
    assert "did not hear bad.wav" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--without", "colour"), "there is no step colour"),
        (("--model", "nobody"), "there is no model 'nobody'"),
        (("--model", "builtin", "--model", "builtin"), "two models are called tiny-cn"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_heard(
    spoken: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(app, ["evaluate", "asr", "--ref", str(spoken), *arguments])

    assert isinstance(done.exception, HuawuError)
    assert message in str(done.exception)
