"""What a caller enters in secret is nowhere to be found, not even after the process was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from speech.dtmf import detect_digits
from speech.g711 import alaw_decode

pytestmark = pytest.mark.integration

FLOW = """
name: bank
start: hello
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 3, next: bye}
nodes:
  hello: {type: play, prompt: 本次通话将被录音。, notice: true, next: first}
  first: {type: menu, prompt: 请按九, choices: [{digits: "9", next: pin}]}
  pin: {type: collect, prompt: 请输入密码, variable: pin, secret: true, max_length: 12, next: last}
  last: {type: menu, prompt: 请按八, choices: [{digits: "8", next: bye}]}
  bye: {type: hangup}
"""

SCENARIO = """
id: secret
title: 输入密码
heldout: true
caller: {voice: caller-1, number: "19900010001", snr_db: 30, tones: true}
steps:
  - {at: first, press: "9"}
  - {at: pin, press: "314159265358"}
  - {at: last, press: "8", pause: 2}
truth: {topics: [account], complaint: none, sentiment: neutral}
expect: {outcome: contained}
"""

#: Plays the call, and may kill itself while the secret is being entered.
CHILD = """
import os, signal, sys
from pathlib import Path

import numpy as np

from calls.recordings import RecordingFolder
from calls.store import Store
from huawu import logs
from ivr.call import take_call
from ivr.doors.script import ScriptDoor
from ivr.flow import load_flow
from ivr.script import load_scenario
from speech.prompts import PromptLibrary
from speech.voices import Speaker

folder, killed = Path(sys.argv[1]), sys.argv[2] == "killed"
logs.configure(verbose=True)


def watch(note, at):
    print(at, note, flush=True)
    if killed and note.node == "pin" and note.data.get("count") == 11:
        store.submit().result()
        os.kill(os.getpid(), signal.SIGKILL)


with Speaker() as speaker, Store.open(folder / "huawu.db") as store:
    door = ScriptDoor(load_scenario(folder / "secret.yaml"), speaker, np.random.default_rng(1))
    take_call(
        door, load_flow(folder / "bank.yaml"), store=store, folder=RecordingFolder(folder / "recordings"),
        model=None, sound_of=PromptLibrary([], folder / "cache", speaker).audio,
        observers=[door.caller.hear, watch],
    )
"""


@pytest.mark.parametrize(("how", "code", "heard"), [("killed", -signal.SIGKILL, "9"), ("ended", 0, "98")])
def test_a_secret_is_in_no_recording_no_database_and_no_log(
    tmp_path: Path, how: str, code: int, heard: str
) -> None:
    (tmp_path / "bank.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "secret.yaml").write_text(SCENARIO, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), how], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "'count': 11" in done.stdout, "the secret was being entered"
    (recording,) = (tmp_path / "recordings").rglob("*.wav")
    caller = alaw_decode(recording.read_bytes()[58::2])
    assert "".join(press.digit for press in detect_digits(caller)) == heard
    kept = [done.stdout, done.stderr]
    kept += [path.read_bytes().decode("latin-1") for path in tmp_path.glob("huawu.db*")]
    assert [text for text in kept if "31415926" in text] == []
