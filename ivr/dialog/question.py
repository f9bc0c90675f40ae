"""Visits to inputs: ask, hear keys or speech, ask again, and go where the answer leads.

The part that menus, entered values, confirmations and surveys share is the form item of VoiceXML 2.1
(sections 2.1.6 and 5.3) for one item: prompts by count, no-input and no-match apart, one grammar.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeVar

from calls.masking import masked
from calls.records import EventKind
from ivr import actions, events
from ivr.dialog.course import UNMASK_SECONDS, Course, Entrance
from ivr.dialog.visit import Visit
from ivr.entry import Verdict, fits, judge, judge_pause, value
from ivr.events import Event
from ivr.flow import (
    AnyInput,
    CollectNode,
    ConfirmNode,
    MenuNode,
    Reason,
    SurveyNode,
)
from ivr.values import ValueKind

#: Longest utterance that is waited for (VoiceXML ``maxspeechtimeout``).
SPEECH_SECONDS = 15.0
#: Ends a choice with which a longer one begins, without the pause (VoiceXML ``termchar``, for menus too).
ENTER = "#"

Asked = TypeVar("Asked", bound=AnyInput)


class InputVisit(Visit[Asked]):
    """Asks until there is an answer, or until the failures run out."""

    def __init__(self, course: Course, node: Asked, entrance: Entrance) -> None:
        super().__init__(course, node, entrance)
        self._entrance = entrance
        self._keys = ""
        self._repeats = entrance.repeats
        self._failures: Counter[Reason] = Counter()
        if entrance.failed is not None:
            self._failures = course.failures.get(self.out.node, self._failures)
        course.failures[self.out.node] = self._failures

    def begin(self) -> None:
        """Put the question."""
        asked = self.course.frames[-1].asked
        if asked[-1:] != [self.course.name]:
            asked.append(self.course.name)
        if self.node.flushes:
            self.course.ahead.clear()
        if self._entrance.failed is not None:
            self.fail(self._entrance.failed, heard="not confirmed")
        else:
            self._ask()

    # -- what the kinds of input differ in ----------------------------------------------------------

    def wanted(self) -> ValueKind | None:
        """Return the kind of value that is listened for instead of phrases."""
        return None

    def shown(self, text: str) -> str:
        """Return what was heard as the trace may show it."""
        return text

    def pressed(self, key: str, count: int) -> dict[str, object]:
        """Return what the trace may show of the ``count``-th key."""
        return {"key": key}

    def least(self) -> int:
        """Return the number of keys from which on a pause ends an entry."""
        return 1

    def accepts(self, answer: str) -> bool:
        """Return whether something spoken, found to be a phrase or a value, is an answer."""
        return True

    def answered(self, answer: str, confidence: float) -> None:
        """Use an answer: a phrase, a value, or the keys of a choice."""
        raise NotImplementedError

    # -- asking -------------------------------------------------------------------------------------

    def _ask(self, reason: Reason | None = None) -> None:
        """Put the question, after a regret if it was asked before.

        Keys pressed ahead answer instead, unless the prompt is one that keys cannot interrupt.
        """
        self._keys = ""
        if self.node.stopped_by("digits") and self._use_ahead():
            return
        regret = None
        if reason is not None:
            course = self.course
            regret = course.flow.regret(course.name, reason, self._failures[reason], course.language)
        if self.node.stopped_by("speech"):
            self._listen()
        self.course.say([regret, self.course.question(repeats=self._repeats)])

    def _use_ahead(self) -> bool:
        """Use keys pressed ahead; return whether there were any."""
        course = self.course
        used = bool(course.ahead)
        while course.ahead and course.entrance is None and self.out.play is None and not course.ended:
            self._key(course.ahead.popleft())
        return used

    def _listen(self) -> None:
        self.out.listen_for(self.node.phrases, self.wanted(), secret=self.node.is_secret)

    def prompt_ended(self) -> None:
        """Wait for the answer."""
        if not self._use_ahead():
            self._listen()
            self.out.start("first-input", self.node.first_input_seconds)

    # -- keys ---------------------------------------------------------------------------------------

    def digit(self, key: str) -> None:
        """Take in a key; where it may not interrupt the prompt it waits for its end."""
        if self.out.play is not None and not self.node.stopped_by("digits"):
            self.course.ahead.append(key)
            return
        self.barge_in("digit")
        self._key(key)

    def _key(self, key: str) -> None:
        self.out.stop_listening()
        self.out.cancel("first-input", "inter-digit", "speech")
        meaning = self.course.flow.hot_keys_of(self.node).get(key) if not self._keys else None
        if meaning is not None:
            self.out.note(EventKind.DIGIT, key=key, means=meaning)
            self._hot_key(meaning)
            return
        self._keys += key
        self.out.note(EventKind.DIGIT, **self.pressed(key, len(self._keys)))
        match judge(self.node, self._keys):
            case Verdict.DONE:
                self._keyed(key)
            case Verdict.WRONG if self._ends_choice(key):
                self._keys = self._keys[:-1]
                self._keyed("")
            case Verdict.WRONG:
                self.fail("no_match", keys=len(self._keys))
            case Verdict.MORE:
                short = len(self._keys) < self.least()
                seconds = self.node.first_input_seconds if short else self.node.inter_digit_seconds
                self.out.start("inter-digit", seconds)

    def _ends_choice(self, key: str) -> bool:
        """Return whether a key says that a choice is complete with which a longer one begins."""
        return key == ENTER and judge_pause(self.node, self._keys[:-1]) is Verdict.DONE

    def _keyed(self, last: str) -> None:
        """Use the keys, the last of which may be a terminator; after a pause there is none."""
        self.answered(self._keys, 1.0)

    def _hot_key(self, meaning: Literal["operator", "back", "repeat"]) -> None:
        asked = self.course.frames[-1].asked
        match meaning:
            case "operator":
                operator = self.course.flow.operator
                assert operator is not None
                self.course.go(operator)
            case "back" if len(asked) > 1:
                asked.pop()
                self.course.go(asked[-1])
            case _:
                self.course.go(self.course.name)

    # -- speech -------------------------------------------------------------------------------------

    def told(self, event: Event) -> None:
        """Take in what the listener tells."""
        match event:
            case events.SpeechStarted(listen) if listen == self.out.listen:
                self.barge_in("speech")
                self.out.cancel("first-input")
                if not self._use_ahead():  # keys that waited for the end of the prompt came first
                    self.out.start("speech", SPEECH_SECONDS)
            case events.Heard(listen) if listen == self.out.listen:
                self.out.listen = None
                self.barge_in("speech")
                self.out.cancel("first-input", "speech")
                if not self._use_ahead():
                    self._heard(event)
            case _:
                pass

    def _heard(self, event: events.Heard) -> None:
        if not event.text:
            self.fail("no_input", heard="noise")
            return
        text = self.shown(event.text if self.wanted() is None else event.answer or "")
        self.out.note(EventKind.RECOGNITION, text=text, confidence=round(event.confidence, 3))
        sure = event.confidence >= self.node.min_confidence
        if sure and event.answer is not None and self.accepts(event.answer):
            self.answered(event.answer, event.confidence)
        else:
            self.fail("no_match", heard=text)

    # -- failing ------------------------------------------------------------------------------------

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        match name:
            case "first-input":
                self.fail("no_input")
            case "inter-digit" if judge_pause(self.node, self._keys) is Verdict.DONE:
                self._keyed("")
            case "inter-digit":
                self.fail("no_match", keys=len(self._keys))
            case "speech":
                self.fail("no_match", heard="too long")

    def fail(self, reason: Reason, **data: object) -> None:
        """Count a failure; ask again, or give up."""
        self.out.quieten()
        self.course.ahead.clear()
        self._failures[reason] += 1
        self._repeats += 1
        retries = self.course.flow.retries(self.node, reason)
        kind = EventKind.NO_INPUT if reason == "no_input" else EventKind.NO_MATCH
        self.out.note(kind, count=self._failures[reason], **data)
        if self._failures[reason] >= retries.max:
            self.course.go(retries.next)
        else:
            self._ask(reason)


class MenuVisit(InputVisit[MenuNode]):
    """One of several choices."""

    def answered(self, answer: str, confidence: float) -> None:
        """Go where the choice leads."""
        for choice in self.node.choices:
            if choice.is_given_by(answer):
                if self.node.variable is not None:
                    self.course.learn(self.node.variable, choice.meaning, confidence=confidence)
                self.course.go(choice.next)
                return
        self.fail("no_match", heard=answer)


class CollectVisit(InputVisit[CollectNode]):
    """A value, keyed or said."""

    def wanted(self) -> ValueKind | None:
        """Return the kind of value that is listened for, if it may be said."""
        return self.node.kind if self.node.spoken else None

    def shown(self, text: str) -> str:
        """Return a value with its last four characters only; of a secret nothing."""
        return f"{len(text)} characters" if self.node.secret else masked(text)

    def pressed(self, key: str, count: int) -> dict[str, object]:
        """Return only which key it was in order."""
        return {"count": count}

    def least(self) -> int:
        """Return the number of keys from which on a pause ends an entry."""
        return self.node.shortest

    def _keyed(self, last: str) -> None:
        """Use the keys, the last of which may be a terminator; after a pause there is none."""
        keys = self._keys
        if last and last == self.node.terminator:
            keys = keys[:-1]
        else:
            self._swallow_terminator()
            if last and self.node.secret:
                # a key too many is most likely one of the secret's: it must not become the next answer
                self.course.deaf_until = self.course.at + UNMASK_SECONDS
        self.answered(value(self.node, keys) or "", 1.0)

    def _swallow_terminator(self) -> None:
        """Let it mean nothing after a number that is complete without it: neither a hot key nor an entry."""
        ahead = self.course.ahead
        if not ahead:
            self.course.late_terminator = self.node.terminator
        elif ahead[0] == self.node.terminator:
            ahead.popleft()

    def _ends_choice(self, key: str) -> bool:
        """Return ``False``: a number ends with its own terminator, or with none."""
        return False

    def accepts(self, answer: str) -> bool:
        """Return whether a spoken value has the length and the pattern that are asked for."""
        keys = len(answer.replace("-", ""))  # dates are keyed without dashes
        return self.node.shortest <= keys <= self.node.longest and fits(self.node, answer)

    def answered(self, answer: str, confidence: float) -> None:
        """Keep the value and go on."""
        node, course = self.node, self.course
        course.learn(node.variable, answer, kind=node.kind, confidence=confidence)
        if not node.secret:
            course.learn(
                f"{node.variable}_last4", answer[-4:], kind="digits" if answer[-4:].isdecimal() else None
            )
        course.go(node.next)


class ConfirmVisit(InputVisit[ConfirmNode]):
    """A value read back, if it has to be."""

    def begin(self) -> None:
        """Ask, or know without asking."""
        node, course = self.node, self.course
        if not course.text(node.variable):
            course.go(node.retry)
            return
        confidence = course.confidence.get(node.variable, 1.0)
        if confidence < node.unsure_below:
            course.forget(node.variable)
            course.go(node.retry, failed="no_match")
        elif confidence >= node.sure_above and not node.always:
            self._confirmed()
        else:
            super().begin()

    def answered(self, answer: str, confidence: float) -> None:
        """Go on with the value, or back to the question."""
        if self.node.yes.is_given_by(answer):
            self._confirmed()
            return
        course, node = self.course, self.node
        course.refusals[self.out.node] += 1
        course.forget(node.variable)
        if course.refusals[self.out.node] >= node.attempts:
            course.refusals.pop(self.out.node)
            course.go(node.give_up)
        else:
            course.go(node.retry, repeats=1)

    def _confirmed(self) -> None:
        self.course.confidence.pop(self.node.variable, None)
        self.course.refusals.pop(self.out.node, None)
        self.course.go(self.node.next)


class SurveyVisit(InputVisit[SurveyNode]):
    """A mark from one to five."""

    def answered(self, answer: str, confidence: float) -> None:
        """Store the mark and go on."""
        mark = self.node.mark(answer)
        if mark is None:
            self.fail("no_match", heard=answer)
            return
        self.out.note(EventKind.SURVEY, score=mark)
        self.out.add(actions.KeepSurvey(mark))
        if self.node.variable is not None:
            self.course.learn(self.node.variable, mark)
        self.course.go(self.node.next)
