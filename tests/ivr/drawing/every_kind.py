"""A flow with a node of every kind and texts that break careless markup."""

from pathlib import Path

from ivr.flow import Flow, load_flow

EVERY_KIND = """
name: every
title: 每种 <节点> & "引号"
start: hello
operator: agent
languages: [zh, en]
variables: {level: gold}
schedules: {desk: {weekly: {mon-fri: ["09:00-18:00"]}}}
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 2, next: agent}
nodes:
  hello:
    type: play
    prompt: {zh: 您好，本次通话将被录音。, en: This call is recorded.}
    notice: true
    next: open
  open: {type: hours, schedule: desk, open: vip, closed: message}
  vip:
    type: branch
    cases: [{when: "level in ['gold', 'vip'] and len(caller) > 5", next: greet}]
    otherwise: ab
  ab: {type: split, shares: [{percent: 90, next: menu}, {percent: 10, next: english}]}
  english: {type: language, language: en, next: bye}
  greet: {type: set, values: {level: vip}, next: menu}
  menu:
    type: menu
    prompt: 账单请按一 <b>，密码请按二；再听请按三 & 评价请按四。
    choices:
      - {digits: "1", phrases: [账单], next: phone}
      - {digits: "2", next: password}
      - {phrases: [转接], next: other}
      - {digits: "4", next: mark}
      - {digits: "5", next: hello}
    no_match: {max: 4, next: sub}
  phone: {type: collect, variable: phone, kind: phone, spoken: true, prompt: 请输入手机号。, next: right}
  right: {type: confirm, variable: phone, prompt: "{phone}，对吗？", next: look, retry: phone, give_up: agent}
  look: {type: http, url: "https://example.cn/{phone}", filler: 请稍候。, next: ring, error: agent}
  ring: {type: callback, queue: general, variable: phone, next: bye, failed: message}
  password: {type: collect, variable: password, secret: true, prompt: 请输入密码。, next: bye}
  other: {type: transfer, to: "4001", failed: agent, busy: message}
  mark: {type: survey, prompt: 请打分。, next: again}
  again: {type: goto, next: menu}
  sub: {type: goto, flow: other, next: bye}
  agent: {type: queue, queue: general, prompt: 请稍候。, no_agent: message, after: mark}
  message: {type: record, prompt: 请留言。, next: bye}
  bye: {type: hangup}
"""
OTHER = """
name: other
start: say
defaults: {no_input: {next: back}, no_match: {next: back}}
nodes:
  say: {type: play, prompt: 这是另一个流程。, next: back}
  back: {type: return}
"""


def every_kind(folder: Path) -> Flow:
    """Read it."""
    (folder / "other.yaml").write_text(OTHER, encoding="utf-8")
    (folder / "every.yaml").write_text(EVERY_KIND, encoding="utf-8")
    return load_flow(folder / "every.yaml")


def long_flow(folder: Path, count: int = 30) -> Flow:
    """Read a chain of menus, each with a way to one agent: too long for one piece."""
    nodes = [
        f"  n{i}: {{type: menu, prompt: 请选择。, choices: "
        f"[{{digits: '1', next: {f'n{i + 1}' if i + 1 < count else 'bye'}}}, {{digits: '2', next: agent}}]}}"
        for i in range(count)
    ]
    lines = [
        "name: long",
        "start: n0",
        "defaults: {no_input: {next: bye}, no_match: {next: bye}}",
        "nodes:",
        *nodes,
        "  agent: {type: queue, queue: general, prompt: 请稍候。, no_agent: bye}",
        "  bye: {type: hangup}",
    ]
    path = folder / "long.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_flow(path)
