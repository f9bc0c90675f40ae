from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import FlowError, TrialError
from ivr.trial import Problem, TrialResult, load_trials, load_world, run
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.unit

HOTLINE = """
name: hotline
start: hello
operator: agent
defaults:
  no_input: {prompts: [没听到], max: 3, next: bye}
  no_match: {prompts: [没听懂], max: 3, next: bye}
schedules:
  office: {weekly: {mon-fri: ["09:00-18:00"]}}
nodes:
  hello: {type: play, prompt: 欢迎致电热线, next: hours}
  hours: {type: hours, schedule: office, open: menu, closed: message}
  menu:
    type: menu
    prompt: 查话费请按一，查订单请按二，回电请按三，门店请按四
    choices:
      - {digits: "1", phrases: [查话费], next: pin}
      - {digits: "2", phrases: [查订单], next: look_up}
      - {digits: "3", next: ring_back}
      - {digits: "4", next: shop}
  pin:
    {type: collect, prompt: 请输入密码, variable: pin, secret: true, min_length: 6, max_length: 6, next: told}
  told: {type: play, prompt: 话费已经用短信发给您了, answers: true, next: bye}
  look_up:
    type: http
    url: https://shop.example.cn/{caller}
    result: {state: order.state}
    next: state
    error: agent
  state: {type: play, prompt: "您的订单{state}", answers: true, next: bye}
  ring_back: {type: callback, queue: general, next: bye, failed: agent}
  shop: {type: transfer, to: "4001", failed: message, after: bye}
  agent:
    type: queue
    queue: general
    prompt: 正在转接
    max_wait_seconds: 60
    comfort: 请继续等待
    keys: {"9": message}
    no_agent: message
    after: marks
  marks: {type: survey, prompt: 请打分, next: bye}
  message: {type: record, prompt: 请留言, silence_seconds: 3, next: bye}
  bye: {type: hangup}
"""


def tried(folder: Path, steps: str, expect: str = "{outcome: contained}", more: str = "") -> TrialResult:
    """Run one test, its steps and expectations in YAML."""
    (folder / "flow.yaml").write_text(HOTLINE, encoding="utf-8")
    file = folder / "trials.yaml"
    content = f"flow: flow.yaml\ntests:\n- name: 一\n  {more}\n  steps: {steps}\n  expect: {expect}\n"
    file.write_text(content, encoding="utf-8")
    (trial,) = load_trials(file)
    return run(trial)


PASSING = {
    "keys when the caller's turn has come": (
        '[{press: "1"}, {press: "123456"}]',
        '{outcome: contained, cause: completed, path: [menu, told], variables: {pin: "123456"}}',
    ),
    "keys into a prompt": (
        '[{hear: 热线}, {hear: 按一}, {press: "1", barge_in: 0.5}, {press: 123456#}]',
        "{outcome: contained, never: [agent]}",
    ),
    "keys before anything was asked": (
        '[{press: "1", barge_in: 0}, {press: "123456"}]',
        "{outcome: contained}",
    ),
    "speech, and speech that is too unsure": (
        '[{say: 查话费, confidence: 0.2}, {hear: 没听懂}, {say: 查话费}, {press: "123456"}]',
        "{outcome: contained, path: [menu, pin]}",
    ),
    "silence until it is given up": (
        "[{silent: true}, {hear: 没听到}, {silent: true}, {silent: true}]",
        "{outcome: contained, path: [bye], never: [agent, pin]}",
    ),
    "an agent, then the survey": (
        '[{press: "0"}, {hear: 请打分}, {press: "4"}]',
        "{outcome: handed-off, queue: general, survey: 4}",
        "world: {agents: {general: {after: 20}}}",
    ),
    "the same without waiting for the survey's prompt": (
        '[{press: "0"}, {hear: 正在转接}, {say: 满意}]',
        "{outcome: handed-off, survey: 4}",
        "world: {agents: {general: {}}}",
    ),
    "out of the queue by key, and a message": (
        '[{press: "0"}, {wait: 40}, {hear: 请继续等待}, {press: "9"}, {leave_message: 8}]',
        "{outcome: voicemail, message: true, path: [agent, message]}",
    ),
    "a message that is silence": ('[{press: "0"}, {press: "9"}, {leave_message: 0}]', "{outcome: voicemail}"),
    "a call on a Sunday": (
        "[{hear: 请留言}, {hang_up: true}]",
        "{outcome: abandoned, cause: caller, message: false, never: [menu]}",
        "at: 2026-11-22T10:00:00",
    ),
    "a web service": (
        '[{press: "2"}, {hear: 您的订单已发货}]',
        "{outcome: contained, variables: {state: 已发货}}",
        "world: {web: {look_up: [{data: {order: {state: 已发货}}}]}}",
    ),
    "a callback": (
        '[{press: "3"}]',
        '{outcome: contained, callback: "13800138000"}',
        'caller: "13800138000"',
    ),
    "a transfer": (
        '[{press: "4"}]',
        '{outcome: handed-off, transferred: "4001"}',
        'world: {transfers: {"4001": answered}}',
    ),
}


@pytest.mark.parametrize("parts", PASSING.values(), ids=PASSING.keys())
def test_what_can_be_done_and_expected(tmp_path: Path, parts: tuple[str, ...]) -> None:
    assert tried(tmp_path, *parts).problems == ()


FAILING = {
    "hear": (
        "[{hear: 欢迎}, {hear: 您好}]",
        "a prompt with “您好”",
        "was said: “查话费请按一，查订单请按二，回电请按三，门店请按四”",
    ),
    "the same prompt again": ("[{hear: 欢迎}, {hear: 欢迎}]", "a prompt with “欢迎”", "was said: “查话费"),
    "a prompt that began before the key": (
        '[{press: "1"}, {hear: 欢迎}]',
        "a prompt with “欢迎”",
        "was said: “请输入密码”",
    ),
    "over": ("[{hang_up: true}, {wait: 1}]", "a call that goes on", "the call ended after 0.0 s: caller"),
    "too late to interrupt": (
        '[{press: "1", barge_in: 9}]',
        "a prompt that is still being said after 9 s",
        "“欢迎致电热线” was over before",
    ),
    "nothing to interrupt": (
        '[{wait: 8}, {press: "1", barge_in: 0.5}]',
        "a prompt to interrupt",
        "at menu the caller is asked for an answer",
    ),
    "a message where none is taken": (
        "[{leave_message: 3}]",
        "the tone for a message",
        "at menu the caller is asked for an answer",
    ),
    "speech while nobody listens": (
        "[{say: 查话费, barge_in: 0.1}]",
        "someone who listens",
        "at hello “欢迎致电热线” is being said",
    ),
}


@pytest.mark.parametrize(("steps", "expected", "happened"), FAILING.values(), ids=FAILING.keys())
def test_a_step_that_cannot_be_done(tmp_path: Path, steps: str, expected: str, happened: str) -> None:
    result = tried(tmp_path, steps)
    (problem,) = result.problems
    assert (problem.step, problem.line, problem.expected) == (steps.count("{"), 5, expected)
    assert problem.happened.startswith(happened)


def test_every_difference_at_the_end_is_told(tmp_path: Path) -> None:
    expect = (
        "{outcome: contained, cause: completed, queue: general, path: [menu, pin, told], never: [hello],"
        ' variables: {pin: "654321", state: 已发货}, survey: 5, message: true}'
    )
    result = tried(tmp_path, '[{press: "1"}, {press: "123456"}, {hang_up: true}]', expect)
    way = "the call went hello → hours → menu → pin → told"
    assert result.problems == (
        Problem(None, 6, "expect.outcome", "contained", "abandoned"),
        Problem(None, 6, "expect.cause", "completed", "caller"),
        Problem(None, 6, "expect.queue", "general", "none"),
        Problem(None, 6, "expect.survey", "5", "none"),
        Problem(None, 6, "expect.message", "True", "False"),
        Problem(None, 6, "expect.never.0", "never node hello", way),
        Problem(None, 6, "expect.variables.pin", "•••", "another value"),
        Problem(None, 6, "expect.variables.state", "已发货", "it has no value"),
    )


def test_nodes_out_of_order(tmp_path: Path) -> None:
    result = tried(tmp_path, '[{press: "1"}]', "{outcome: contained, path: [pin, menu]}")
    assert [(p.what, p.expected) for p in result.problems] == [("expect.path.1", "node menu after pin")]


def test_the_conversation_shows_no_secret(tmp_path: Path) -> None:
    steps = '[{say: 查话费}, {hear: 密码}, {press: "123456", barge_in: 0.5}, {hang_up: true}]'
    result = tried(tmp_path, steps, "{outcome: contained}")
    assert [str(line) for line in result.transcript] == [
        "    0.0 s  node    hello (play)",
        "    0.0 s  system  欢迎致电热线",
        "    1.3 s  node    hours (hours, state open)",
        "    1.3 s  node    menu (menu)",
        "    1.3 s  system  查话费请按一，查订单请按二，回电请按三，门店请按四",
        "    6.9 s  caller  says 查话费",
        "    8.3 s  call    heard “查话费” with confidence 1.00",
        "    8.3 s  node    pin (collect)",
        "    8.3 s  system  请输 ✂",
        "    8.8 s  caller  presses ••••••",
        "    8.8 s  node    told (play)",
        "    8.8 s  system   ✂",
        "    8.8 s  caller  hangs up",
        "    8.8 s  call    ended: caller, abandoned",
    ]


WRONG = {
    "no such field": (
        "- {hear: 您好, pres: '1'}",
        "trials.yaml:6: tests.0.steps.0.pres: unknown field 'pres'",
    ),
    "two things at once": (
        "- {hear: 您好, wait: 1}",
        "trials.yaml:6: tests.0.steps.0: a step is one",
    ),
    "nothing": (
        "- {barge_in: 1}",
        "trials.yaml:6: tests.0.steps.0: a step is one of hear, press",
    ),
    "keys without quotes": (
        "- {press: 1}",
        "trials.yaml:6: tests.0.steps.0.press: Input should be a valid string",
    ),
    "confidence of keys": ("- {press: '1', confidence: 1}", "confidence belongs to say"),
    "barge-in of silence": ("- {silent: true, barge_in: 1}", "barge_in belongs to press or say"),
}


@pytest.mark.parametrize(("step", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_step_that_is_none(tmp_path: Path, step: str, message: str) -> None:
    with pytest.raises(TrialError) as caught:
        tried(tmp_path, f"\n  {step}")
    assert message in str(caught.value)


UNKNOWN = {
    "node on the way": ("{outcome: contained, path: [menu, pim]}", "expect.path.1: unknown node 'pim'"),
    "node never entered": ("{outcome: contained, never: [agents]}", "expect.never.0: unknown node 'agents'"),
    "queue": ("{outcome: contained, queue: sales}", "expect.queue: unknown queue 'sales'"),
    "variable": ("{outcome: contained, variables: {pn: '1'}}", "expect.variables.pn: unknown variable 'pn'"),
}


@pytest.mark.parametrize(("expect", "message"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_names_that_the_flow_does_not_have(tmp_path: Path, expect: str, message: str) -> None:
    with pytest.raises(TrialError) as caught:
        tried(tmp_path, "[]", expect)
    assert f"trials.yaml:6: tests.0.{message} → " in str(caught.value)


def test_a_world_that_the_flow_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(TrialError, match=r"trials.yaml:4: tests.0.world.agents.sales: unknown queue 'sales'"):
        tried(tmp_path, "[]", more="world: {agents: {sales: {}}}")
    file = tmp_path / "world.yaml"
    file.write_text("agents: {general: {}}\nweb: {lookup: [{}]}\n", encoding="utf-8")
    with pytest.raises(TrialError, match=r"world.yaml:2: web.lookup: unknown node 'lookup' → did you mean"):
        load_world(file, flow_of(tmp_path, HOTLINE))


def test_two_tests_of_one_name(tmp_path: Path) -> None:
    tried(tmp_path, "[]")
    file = tmp_path / "trials.yaml"
    again = file.read_text(encoding="utf-8").partition("tests:\n")[2]
    file.write_text(file.read_text(encoding="utf-8") + again, encoding="utf-8")
    with pytest.raises(TrialError, match=r"trials.yaml:7: tests.1.name: already the test on line 3"):
        load_trials(file)


def test_the_flow_is_missing_or_wrong(tmp_path: Path) -> None:
    tried(tmp_path, "[]")
    file = tmp_path / "trials.yaml"
    (tmp_path / "flow.yaml").write_text(HOTLINE.replace("start: hello", "start: helo"), encoding="utf-8")
    with pytest.raises(FlowError, match="helo"):
        load_trials(file)
    (tmp_path / "flow.yaml").unlink()
    with pytest.raises(TrialError, match=r"trials.yaml:1: flow: there is no file .*flow.yaml"):
        load_trials(file)
