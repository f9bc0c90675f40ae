"""The desk's words, in Chinese and in English."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping

from analytics.labels import TOPICS
from console.wording import PARTS

#: Known languages; the first is the default.
LANGUAGES = ("zh", "en")

_WORDS: Mapping[str, tuple[str, str]] = ChainMap(
    {
        "desk": ("话务质检台", "huawu QA desk"),
        "switch": ("English", "中文"),
        "skip": ("跳到正文", "Skip to content"),
        "nav": ("主导航", "Main"),
        "nav.menu": ("菜单", "Menu"),
        "nav.sample": ("抽检", "Sample"),
        "nav.calls": ("通话", "Calls"),
        "nav.webcall": ("拨打", "Call"),
        "demo-model": ("演示模型只听得懂合成语音", "The demo model understands synthetic speech only"),
        # one call
        "call": ("通话", "Call"),
        "call.started": ("时间", "Time"),
        "call.caller": ("主叫", "Caller"),
        "call.unknown-caller": ("未知号码", "unknown number"),
        "call.duration": ("时长", "Length"),
        "call.agent": ("坐席", "Agent"),
        "call.outcome": ("结果", "Outcome"),
        "call.topic": ("主题", "Topic"),
        "call.severity": ("投诉", "Complaint"),
        "call.sentiment": ("情绪", "Sentiment"),
        "call.reviewed": ("已评", "Reviewed"),
        "call.running": ("进行中", "running"),
        "outcome.contained": ("自助完成", "self-served"),
        "outcome.handed-off": ("转人工", "handed off"),
        "outcome.voicemail": ("留言", "voicemail"),
        "outcome.abandoned": ("放弃", "abandoned"),
        "outcome.failed": ("失败", "failed"),
        "outcome.interrupted": ("中断", "interrupted"),
        # judgements
        "kind.topic": ("主题", "Topic"),
        "kind.complaint": ("投诉", "Complaint"),
        "kind.sentiment": ("情绪", "Sentiment"),
        "kind.abuse": ("辱骂", "Abuse"),
        "severity.none": ("非投诉", "no complaint"),
        "severity.any": ("任一级别", "any level"),
        "severity.一般": ("一般", "minor"),
        "severity.重大": ("重大", "major"),
        "severity.紧急": ("紧急", "urgent"),
        "sentiment.negative": ("负面", "negative"),
        "sentiment.neutral": ("中性", "neutral"),
        "sentiment.positive": ("正面", "positive"),
        "sentiment.strong-negative": ("强烈负面", "strongly negative"),
        "role.caller": ("来电人", "Caller"),
        "role.agent": ("坐席", "Agent"),
        "role.system": ("系统", "System"),
        "role.unknown": ("未知", "Unknown"),
        # the second channel carries the menu's voice first, then the agent's
        "lane.caller": ("来电人", "Caller"),
        "lane.agent": ("系统/坐席", "IVR/agent"),
        "lane.system": ("系统", "IVR"),
        "lane.unknown": ("全部", "Both"),
        # list of calls
        "calls.title": ("通话列表", "Calls"),
        "calls.filter": ("筛选", "Filter"),
        "calls.any": ("全部", "any"),
        "calls.apply": ("筛选", "Filter"),
        "calls.clear": ("清除", "Clear"),
        "calls.total": ("共 {total} 通", "{total} calls"),
        "calls.nothing": ("没有符合条件的通话。", "No call matches."),
        "calls.empty": (
            "还没有通话。先运行 huawu demo，或导入录音。",
            "There are no calls yet. Run huawu demo, or feed recordings.",
        ),
        "calls.pages": ("翻页", "Pages"),
        "calls.page": ("第 {page} / {pages} 页", "Page {page} of {pages}"),
        "calls.newer": ("上一页", "Previous"),
        "calls.older": ("下一页", "Next"),
        # page of one call
        "player": ("录音", "Recording"),
        "player.play": ("播放", "Play"),
        "player.pause": ("暂停", "Pause"),
        "player.position": ("播放位置", "Position"),
        "player.speed": ("速度", "Speed"),
        "player.wave": ("双声道波形，点击跳转", "Waveform of both channels; click to seek"),
        "player.failed": ("录音无法播放。", "The recording cannot be played."),
        "player.none": ("这通电话没有录音。", "This call has no recording."),
        "player.keys": (
            "空格 播放/暂停 · ← → 5 秒 · J / K 下一通/上一通",
            "Space play/pause · ← → 5 s · J / K next/previous",
        ),
        "flag.recovered": ("录音曾中断，已修复", "interrupted recording, recovered"),
        "flag.disk-full": ("磁盘写满，录音不完整", "disk was full: recording incomplete"),
        "transcript": ("转写", "Transcript"),
        "transcript.none": ("这通电话还没有转写。", "This call has no transcript yet."),
        "transcript.silent": ("录音里没有识别到话语。", "No speech was recognised."),
        "transcript.unsure": ("置信度 {confidence:.2f}", "confidence {confidence:.2f}"),
        "transcript.roles-unknown": ("角色未知：{note}", "roles unknown: {note}"),
        "transcript.model": ("识别模型 {model}", "model {model}"),
        "findings": ("机器判断", "Findings"),
        "findings.none": ("还没有机器判断。", "No findings yet."),
        "findings.evidence": ("证据", "Evidence"),
        "path": ("IVR 路径", "IVR path"),
        "path.none": ("没有事件记录。", "No events recorded."),
        "event.node": ("节点", "node"),
        "event.prompt": ("播放", "prompt"),
        "event.digit": ("按键", "key"),
        "event.recognition": ("识别", "heard"),
        "event.barge-in": ("打断", "barge-in"),
        "event.no-input": ("无输入", "no input"),
        "event.no-match": ("不匹配", "no match"),
        "event.transfer": ("转接", "transfer"),
        "event.callback": ("回电", "callback"),
        "event.survey": ("满意度", "satisfaction"),
        "event.web": ("业务查询", "web service"),
        "event.quality": ("语音质量", "sound quality"),
        "event.hold": ("保持", "hold"),
        "event.message": ("留言", "message"),
        "event.hangup": ("挂机", "hang-up"),
        "event.error": ("错误", "error"),
        "event.ENTERQUEUE": ("进入排队", "entered queue"),
        "event.CONNECT": ("接通坐席", "connected"),
        "event.ABANDON": ("排队放弃", "abandoned in queue"),
        "event.RINGNOANSWER": ("坐席未接", "rang, no answer"),
        "event.RINGCANCELED": ("振铃取消", "ringing stopped"),
        "event.COMPLETEAGENT": ("坐席挂机", "agent hung up"),
        "event.COMPLETECALLER": ("来电人挂机", "caller hung up"),
        "event.BLINDTRANSFER": ("坐席转出", "transferred by the agent"),
        "event.EXITWITHKEY": ("按键离队", "left queue by key"),
        "event.EXITEMPTY": ("无坐席离队", "left queue: no agents"),
        "event.EXITWITHTIMEOUT": ("超时离队", "left queue: timeout"),
        "drawn": ("为何抽中", "Why it was drawn"),
        "drawn.part": ("部分", "Part"),
        "drawn.probability": ("入样概率", "Inclusion probability"),
        "drawn.risk": ("风险分", "Risk"),
        "drawn.reasons": ("理由", "Reasons"),
        "drawn.not": ("不在本次抽检中。", "Not in this sample."),
        "part.risk": ("风险优先", "by risk"),
        "part.random": ("随机", "random"),
        # verdict
        "verdict": ("质检结论", "Verdict"),
        "verdict.complaint": ("是投诉吗？", "Complaint?"),
        "verdict.yes": ("是", "yes"),
        "verdict.no": ("否", "no"),
        "verdict.not-judged": ("未判", "not judged"),
        "verdict.unset": ("未判", "—"),
        "verdict.severity": ("级别", "Severity"),
        "verdict.comment": ("评语", "Comment"),
        "verdict.reviewer": ("质检员", "Reviewer"),
        "verdict.save": ("保存，下一通", "Save and next"),
        "verdict.save-only": ("保存", "Save"),
        "verdict.saved": ("结论已保存。", "The verdict is saved."),
        "verdict.needs-reviewer": ("请填写质检员姓名。", "Please enter the reviewer's name."),
        "verdict.too-long": (
            "“{field}”最多 {limit} 个字，现在是 {length} 个。",
            "{field}: at most {limit} characters, there are {length}.",
        ),
        "verdict.severity-without-complaint": (
            "只有判为投诉时才能选级别：请把“是投诉吗”改为“是”，或清除级别。",
            "A severity needs a complaint: answer “yes”, or clear the severity.",
        ),
        "verdict.unknown": ("“{field}”没有选项“{value}”。", "{field} has no choice “{value}”."),
        "reviews": ("人工结论", "Reviews"),
        "reviews.none": ("还没有人工结论。", "Nobody has reviewed this call yet."),
        # sample
        "sample": ("今日抽检", "Sample of the day"),
        "sample.position": ("抽检 {position} / {total}", "Sample {position} / {total}"),
        "sample.next": ("下一通", "Next"),
        "sample.previous": ("上一通", "Previous"),
        "sample.none": (
            "还没有抽检计划。先运行 huawu demo。",
            "No sample has been drawn yet. Run huawu demo first.",
        ),
        "sample.seed": ("种子", "Seed"),
        "sample.frame": ("总体", "Frame"),
        "sample.budget": ("抽检量", "Budget"),
        "sample.risk-share": ("风险部分", "Risk share"),
        "sample.drawn": ("抽取时间", "Drawn"),
        "sample.progress": ("已评 {done} / {total}", "{done} of {total} reviewed"),
        "sample.begin": ("开始质检", "Begin"),
        "sample.continue": ("继续质检", "Continue"),
        "sample.finished": ("本次抽检已全部完成。", "This sample is complete."),
        "sample.open": ("待评", "open"),
        # calls from the browser
        "webcall": ("网页拨打", "Call from the browser"),
        "webcall.about": (
            "用麦克风和键盘拨打流程，请戴耳机。通话和别的来电一样录音。",
            "Call a flow with microphone and keys; wear headphones. The call is recorded like any other.",
        ),
        "webcall.phone": ("电话", "Telephone"),
        "webcall.flow": ("流程", "Flow"),
        "webcall.call": ("拨打", "Call"),
        "webcall.hang-up": ("挂断", "Hang up"),
        "webcall.mute": ("静音", "Mute"),
        "webcall.unmute": ("取消静音", "Unmute"),
        "webcall.keypad": ("按键", "Keypad"),
        "webcall.microphone": ("麦克风", "Microphone"),
        "webcall.speaker": ("对方", "Other side"),
        "webcall.talk": ("实时转写", "Live transcript"),
        "webcall.talk.none": (
            "接通后，提示语和识别结果会显示在这里。",
            "Prompts and what was heard will appear here.",
        ),
        "webcall.keys": (
            "通话中可用键盘：0–9 * # 按键 · M 静音 · Esc 挂断",
            "Keyboard during a call: 0–9 * # keys · M mute · Esc hang up",
        ),
        "webcall.state.idle": ("未接通", "not connected"),
        "webcall.state.microphone": ("等待麦克风许可…", "waiting for the microphone…"),
        "webcall.state.connecting": ("正在连接…", "connecting…"),
        "webcall.state.ringing": ("振铃中…", "ringing…"),
        "webcall.state.answered": ("通话中", "connected"),
        "webcall.state.ended": ("通话已结束", "call ended"),
        "webcall.who.say": ("系统", "System"),
        "webcall.who.heard": ("您", "You"),
        "webcall.who.key": ("按键", "Keys"),
        "webcall.unheard": ("（没听清）", "(not understood)"),
        "webcall.none": (
            "没有启用网页拨打：请用 huawu serve 启动，并在配置里打开 gateway。",
            "Calls from the browser are off: start with huawu serve and turn the gateway on.",
        ),
        "webcall.fault.insecure": (
            "浏览器只在 https 或本机地址上允许使用麦克风。",
            "Browsers allow the microphone only over https or at this machine's own address.",
        ),
        "webcall.fault.denied": (
            "没有麦克风权限。请在地址栏的网站设置里允许麦克风，再拨一次。",
            "The microphone was not allowed. Allow it in the address bar's site settings and call again.",
        ),
        "webcall.fault.no-microphone": (
            "没有找到麦克风。请插好耳机或麦克风，再拨一次。",
            "There is no microphone. Plug in a headset and call again.",
        ),
        "webcall.fault.microphone-busy": (
            "麦克风无法打开，可能正被别的程序占用。",
            "The microphone cannot be opened; another program may be using it.",
        ),
        "webcall.fault.sound": (
            "浏览器的声音处理无法启动。",
            "The browser's sound processing does not start.",
        ),
        "webcall.fault.ticket": (
            "服务器没有给出拨打许可。请刷新页面再试。",
            "The server gave no permission to call. Reload the page and try again.",
        ),
        "webcall.fault.gateway": (
            "连不上网关：它没有运行，或地址不对。请查看 huawu serve 的日志。",
            "The gateway cannot be reached: does it run, is its address right? See the log of huawu serve.",
        ),
        "webcall.fault.refused": (
            "拨打许可已失效，请再拨一次。",
            "The permission to call has expired; call again.",
        ),
        "webcall.fault.not-found": (
            "没有流程应答这个号码，请检查配置里的 flows。",
            "No flow answers this number; look at flows in the configuration.",
        ),
        "webcall.fault.busy": ("线路已满，请稍后再拨。", "All lines are busy; call again later."),
        "webcall.fault.unavailable": (
            "现在不能接听：引擎没有运行，或正在停机。",
            "Nobody can answer now: the engine is not running, or shutting down.",
        ),
        "webcall.fault.lost": ("连接断了，通话已结束。", "The connection was lost; the call has ended."),
        "webcall.fault.flow": ("没有流程“{flow}”可以拨打。", "There is no flow “{flow}” to call."),
        # faults
        "fault.400": ("请求有误。", "The request was wrong."),
        "fault.403": ("这个请求被拒绝。", "This request was refused."),
        "fault.404": ("没有这个页面。", "There is no such page."),
        "fault.405": ("这个地址不接受这种请求。", "This address does not take that kind of request."),
        "fault.413": ("提交的内容太长。", "What was sent is too long."),
        "fault.416": ("录音没有这一段。", "The recording has no such part."),
        "fault.500": ("服务器出错，日志里有详情。", "The server failed; its log has the details."),
        "fault.host": (
            "主机名不被接受：请用 http://127.0.0.1 打开。",
            "This host name is not accepted: open http://127.0.0.1 instead.",
        ),
        "fault.origin": (
            "请求来自别的网站，已拒绝。请在质检台页面里重新操作。",
            "The request came from another site and was refused. Please repeat it from a page of the desk.",
        ),
        "fault.no-call": ("没有编号为 {id} 的通话。", "There is no call {id}."),
        "fault.right": ("您的角色没有这项权限。", "Your role may not do this."),
        "fault.no-plan": ("没有编号为 {id} 的抽检计划。", "There is no sample plan {id}."),
        "fault.no-recording": ("没有编号为 {id} 的录音。", "There is no recording {id}."),
        "fault.no-audio": (
            "录音文件不存在或无法读取。",
            "The recording's file is missing or cannot be read.",
        ),
        "fault.no-page": (
            "没有第 {page} 页，最后一页是第 {pages} 页。",
            "No page {page}: the last is {pages}.",
        ),
        "fault.page": ("页码“{value}”不是正整数。", "Page “{value}” is not a positive number."),
        "fault.filter": ("“{field}”不能是“{value}”。", "{field} cannot be “{value}”."),
        "fault.locked": (
            "数据库正被另一个程序占用，请稍后再试。",
            "Another program holds the database; please try again shortly.",
        ),
        "fault.too-new": (
            "数据库由更新版本的 huawu 写成，请先升级。",
            "A newer huawu wrote this database; please upgrade first.",
        ),
        "fault.store": ("数据库无法使用。", "The database cannot be used."),
        "fault.kept": (
            "尚未保存，您填写的内容都在下面。",
            "Nothing was saved yet; all that you entered is below.",
        ),
        "fault.again": ("再保存一次", "Save again"),
        "fault.home": ("回到首页", "Back to the start"),
    },
    *PARTS,
)
#: Key → (Chinese, English). Placeholders are those of :meth:`str.format`.
TEXTS: Mapping[str, tuple[str, str]] = dict(_WORDS)

_ENGLISH_TOPICS = {
    "billing": "billing",
    "package": "plans",
    "network": "network fault",
    "device": "product quality",
    "delivery": "delivery",
    "refund": "refund",
    "repair": "home repair",
    "account": "account",
    "invoice": "invoice",
    "service": "staff attitude",
    "activity": "promotions",
    "inquiry": "general inquiry",
}


def text(key: str, language: str, /, **values: object) -> str:
    """Return the words for a key.

    Parameters
    ----------
    key : str
        A key of :data:`TEXTS`.
    language : str
        One of :data:`LANGUAGES`.
    **values
        What the placeholders stand for.

    Raises
    ------
    KeyError
        There is no such key.
    """
    words = TEXTS[key][LANGUAGES.index(language)]
    # a page asks for hundreds of words, most of which have nothing to fill in
    return words.format(**values) if values or "{" in words else words


def known_text(key: str, language: str, otherwise: str) -> str:
    """Return the words for a key, or ``otherwise`` where there are none.

    For values that come from the database and that a later version may know more of.
    """
    return text(key, language) if key in TEXTS else otherwise


def label_text(kind: str, label: str, language: str) -> str:
    """Return the words for the label of a finding or a review of that kind."""
    if kind == "topic":
        names = TOPICS if language == "zh" else _ENGLISH_TOPICS
        return names.get(label, label)
    family = {"complaint": "severity", "abuse": "sentiment"}.get(kind, kind)
    return known_text(f"{family}.{label}", language, label)
