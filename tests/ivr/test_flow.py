from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from calls.errors import FlowError
from ivr.flow import CollectNode, MenuNode, load_flow
from ivr.prompt import FILLED, Prompt
from speech.prompts import ONE_CALL
from speech.resources import resource
from tests.ivr.flows import DESK, flow_of

pytestmark = pytest.mark.unit


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(FlowError) as caught:
        flow_of(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_version_is_the_hash_of_the_file(tmp_path: Path) -> None:
    flow = flow_of(tmp_path)
    assert flow.version == hashlib.sha256(DESK.encode()).hexdigest()[:12]


def test_the_flow_that_ships_is_sound() -> None:
    flow = load_flow(resource("prompts", "flows", "main.yaml"))
    reached, waiting = (
        set(),
        [flow.start, flow.operator, flow.defaults.no_input.next, flow.defaults.no_match.next],
    )
    while waiting:
        name = waiting.pop()
        if name and name not in reached:
            reached.add(name)
            waiting += [way.target for way in flow.nodes[name].ways()]
    assert reached == set(flow.nodes)


def test_an_unknown_node_type(tmp_path: Path) -> None:
    assert error_of(tmp_path, DESK.replace("type: record", "type: recrod")) == (
        "flow.yaml:36: nodes.message.type: unknown node type 'recrod' → did you mean 'record'? "
        "known: branch, callback, collect, confirm, goto, hangup, hours, http, language, menu, play, queue, "
        "record, return, set, split, survey, transfer"
    )


def test_a_goto_to_nowhere(tmp_path: Path) -> None:
    assert error_of(tmp_path, DESK.replace("next: parcels}", "next: parcel}")) == (
        "flow.yaml:18: nodes.menu.choices.1.next: unknown node 'parcel' → did you mean 'parcels'? "
        "known: agent, bill, bye, hello, lost, menu, message, notice, parcels, phone"
    )


def test_an_unknown_field_names_those_of_its_node(tmp_path: Path) -> None:
    assert error_of(tmp_path, DESK.replace("max_seconds: 20", "max_second: 20")) == (
        "flow.yaml:36: nodes.message.max_second: unknown field 'max_second' → did you mean 'max_seconds'? "
        "known: max_seconds, next, prompt, review, silence_seconds, terminator, type"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start: hello", "start: helo", "start: unknown node 'helo'"),
        ("operator: agent", "operator: agnet", "operator: unknown node 'agnet'"),
        ("max: 3, next: lost}", "max: 3, next: lots}", "defaults.no_input.next: unknown node 'lots'"),
        ("no_agent: message", "no_agent: mesage", "nodes.agent.no_agent: unknown node 'mesage'"),
        ("operator: agent\n", "", "hot_keys: a key leads to the operator, but the flow names none"),
        ('digits: "2"', 'digits: "1"', "nodes.menu.choices.1.digits: '1' is already an answer of choice 1"),
        ("[快递]", "[话费]", "nodes.menu.choices.1.phrases.0: '话费' is already an answer of choice 1"),
        ('digits: "2"', "digits: 2", "nodes.menu.choices.1.digits: Input should be a valid string, not 2"),
        (
            'digits: "2", phrases: [快递]',
            "phrases: []",
            "nodes.menu.choices.1: an answer needs digits or phrases",
        ),
        ("min_length: 4", "min_length: 7", "nodes.phone: min_length 7 is over max_length 6"),
        (
            "max_length: 6",
            "max_length: 60",
            "nodes.phone.max_length: Input should be less than or equal to 32",
        ),
        (
            "variable: phone",
            "variable: phone\n    pattern: '1[3'",
            "nodes.phone.pattern: no regular expression",
        ),
        ("{phone_last4}", "{phone_last}", "nodes.bill.prompt: unknown variable 'phone_last'"),
        ("max_hops: 12", "max_hops: 12\nmax_hops: 13", "max_hops: given twice, first on line 5"),
        ("  lost: {type: hangup,", "  lost: {", "nodes.lost: the field 'type' is missing"),
        ("queue: general, ", "", "nodes.agent: the field 'queue' is missing"),
        ("请听", "''", "nodes.notice.prompt: String should have at least 1 character, not ''"),
        ("cause: lost", "cause: *lost", "not YAML: found undefined alias"),
        ("max_hops: 12", "max_hops: !!python/name:os.system", "max_hops: cannot be read as a value"),
        ("max_hops: 12", "max_hops: &a [*a]", "max_hops.0: an alias repeats itself"),
        ("max_hops: 12", "max_hops: {2026-13-45: 1}", "max_hops: cannot be read as a value"),
        ("max_hops: 12", "max_hops: [", "not YAML: "),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in DESK
    text = error_of(tmp_path, DESK.replace(old, new, 1))
    file, line, rest = text.split(":", 2)
    assert (file, line.isdigit(), rest.strip()[: len(message)]) == ("flow.yaml", True, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file holds no fields"),
        (b"- a\n", "the file holds no fields"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a: \0b", r"not YAML: unacceptable character #x0000: special characters are not allowed → remove"),
        (b"[" * 5000, "brackets are nested too deeply → write fewer levels"),
    ],
)
def test_a_file_that_is_no_flow(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "flow.yaml"
    path.write_bytes(content)
    with pytest.raises(FlowError, match=message):
        load_flow(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="No such file or directory → check the path"):
        load_flow(tmp_path / "none.yaml")


def test_prompts_have_names_that_a_recording_can_have(tmp_path: Path) -> None:
    prompts = {prompt.name: prompt.text for prompt in flow_of(tmp_path).prompts()}
    assert prompts == {
        "hello": "您好",
        "menu": "话费一快递二",
        "menu-again": "一还是二",
        "default-no-input-1": "没听到",
        "default-no-input-2": "还是没听到",
        "default-no-match-1": "没听懂",
        "default-no-match-2": "还是没听懂",
        "phone": "手机号码",
        "bill": "尾号{phone_last4}",
        "parcels": "人工一",
        "notice": "请听",
        "message": "请留言",
        "agent": "请稍候",
    }


def test_a_filled_prompt_has_a_name_that_no_recording_has() -> None:
    assert Prompt("bill", "尾号{a}到{b}").filled({"a": "12"}) == Prompt("bill~", "尾号12到")
    assert Prompt("hello", "您好").filled({"a": "12"}) == Prompt("hello", "您好")


def test_an_input_keeps_its_own_retries_and_hot_keys(tmp_path: Path) -> None:
    text = DESK.replace(
        "    prompt: 人工一\n",
        '    prompt: 人工一\n    hot_keys: {"9": back}\n    no_input: {prompts: [在吗], max: 1, next: bye}\n',
    )
    flow = flow_of(tmp_path, text)
    parcels, phone = flow.nodes["parcels"], flow.nodes["phone"]
    assert isinstance(parcels, MenuNode) and isinstance(phone, CollectNode)
    assert flow.regret("parcels", "no_input", 5) == Prompt("parcels-no-input-1", "在吗")
    assert flow.hot_keys_of(parcels) == {"9": "back"}
    assert flow.hot_keys_of(phone) == {"*": "back"}


def test_two_flows_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(DESK, encoding="utf-8")
    text = DESK.replace("{type: play, prompt: 请听, next: menu}", "{type: goto, flow: other, next: menu}")
    assert error_of(tmp_path, text) == (
        "other.yaml:2: name: 'desk' is already the name of flow.yaml → choose another"
    )


def test_what_is_said_to_one_caller_only_is_not_kept() -> None:
    assert FILLED == ONE_CALL
