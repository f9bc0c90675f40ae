"""Whoever a caller is brought together with: an agent, another number, or who an agent transfers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from calls.masking import masked_number
from calls.records import EventKind
from ivr import actions, events
from ivr.actions import Action, Note
from ivr.live.othercall import OtherCall
from ivr.live.surroundings import Surroundings
from ivr.wire import signalling

if TYPE_CHECKING:
    from ivr.live.livecall import LiveCall

#: How long who an agent transfers a caller to may ring, in seconds.
SUCCESSOR_SECONDS = 30.0
#: Status by which a transfer that cannot be is declined.
DECLINE = 603


class Partner:
    """The other side of a call, and the way to it (:class:`ivr.live.othercall.Concerned`).

    Parameters
    ----------
    call : LiveCall
        Whose caller it is for.
    around : Surroundings
        The engine.
    """

    def __init__(self, call: LiveCall, around: Surroundings) -> None:
        self._call = call
        self._around = around
        #: Who the caller speaks with, or who is being called for the caller.
        self.other: OtherCall | None = None
        #: Which :class:`~ivr.actions.Enqueue` the caller waits by, if the caller waits for an agent.
        self.enqueued: int | None = None
        self._successor: OtherCall | None = None
        self._target = ""
        self._colleague_rings = False
        self._handed_on = False
        self._exit = "caller"
        self._transfer: int | None = None
        self._referring = False

    @property
    def state(self) -> Literal["talking", "waiting", "menu"]:
        """What goes on, in a word."""
        if self.other is not None and self._transfer is None:
            return "talking"
        return "menu" if self.enqueued is None and self._transfer is None else "waiting"

    def carry_out(self, action: Action) -> None:
        """Do as the dialog asks."""
        call, sounds = self._call, self._around.sounds
        match action:
            case actions.Enqueue(enqueue, queue):
                self.enqueued = enqueue
                call.saying.fill(sounds.hold_music)
                self._around.waiting.enqueue(call, queue, enqueue)
            case actions.LeaveQueue():
                self.enqueued = None
                call.saying.fill(None)
                self._around.waiting.leave(call, self._exit)
            case actions.Transfer(transfer, to, seconds):
                self._transfer = transfer
                target = self._around.refers(to)
                if target is not None and call.caller is not None:
                    self._referring = True
                    call.caller.signal(signalling.Refer(call.caller.id, target))
                    return
                call.saying.fill(sounds.ringing)
                self.other = self._around.other_call(call, self)
                self.other.dial(self._around.address(to), seconds, trunk=self._around.trunk)
            case actions.StopTransfer():
                self._transfer = None
                call.saying.fill(None)
                self.part("the caller was taken back")
            case _:
                raise TypeError(f"{type(action).__name__} is no action of a call")

    def noted(self, note: Note) -> bool:
        """Take in what the dialog notes; return whether it belongs into the trace."""
        if note.kind in (EventKind.EXITWITHKEY, EventKind.EXITWITHTIMEOUT):
            self._exit = note.kind.value
        # where an agent handed the caller on, the agent's conversation has ended before, with BLINDTRANSFER
        return not (self._handed_on and note.kind in (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER))

    # -- agents ---------------------------------------------------------------------------------------

    def agent_answered(self, agent: str, other: OtherCall) -> None:
        """Connect the caller with an agent who took the call, of the queue or from another agent."""
        if self._colleague_rings and not self._call.over:
            self._colleague_rings, self._handed_on = False, False
            self._take_over(other)
            return
        if self.enqueued is None or self._call.over:
            other.hang_up("the caller is gone")
            return
        enqueue, self.enqueued = self.enqueued, None
        self._handed_on = False
        self._connect(other)
        self._call.tell(events.AgentAnswered(enqueue, agent))

    def no_agent(self, enqueue: int) -> None:
        """Take in that no agent of the queue will answer."""
        self._call.tell(events.NoAgent(enqueue))

    def not_taken(self, code: int) -> None:
        """Take in that the other agent did not answer to whom an agent wanted to hand the caller on."""
        if self._colleague_rings and not self._call.over:
            self._colleague_rings = False
            self._turned_down(code)

    def moved(self, enqueue: int, position: int) -> None:
        """Take in that the caller's place in the queue changed."""
        self._call.tell(events.QueueMoved(enqueue, position))

    # -- whoever is called (othercall.Concerned) --------------------------------------------------------

    def other_answered(self, other: OtherCall) -> None:
        """Connect the caller with who was dialled."""
        if other is self._successor and not self._call.over:
            self._successor = None
            if self.other is not None:
                self._sent_on()
            self._take_over(other)
            self._call.log.joined(masked_number(self._target), self._call.now)
            return
        if self._transfer is None or self._call.over:
            other.hang_up("the caller is gone")
            return
        transfer, self._transfer = self._transfer, None
        self._connect(other)
        self._call.tell(events.TransferAnswered(transfer))

    def other_failed(self, other: OtherCall, code: int) -> None:
        """Take in that who was dialled did not answer."""
        if other is self._successor:
            self._successor = None
            self._turned_down(code)
            return
        if self._transfer is None:
            return
        transfer, self._transfer, self.other = self._transfer, None, None
        self._call.saying.fill(None)
        self._transfer_failed(transfer, code)

    def other_holds(self, other: OtherCall, on: bool) -> None:
        """Take in that who the caller speaks with put the caller on hold, or came back."""
        if other is self.other:
            self._note(EventKind.HOLD, by="agent", on=on)
            if not self._moving:  # else the caller hears that it rings
                self._let_talk(other)

    def other_refers(self, other: OtherCall, target: str) -> None:
        """Call who the agent wants the caller to speak with; the agent waits until that one answers."""
        if other is not self.other or self._moving:
            other.refer_failed(DECLINE)
            return
        self._note(EventKind.TRANSFER, by="agent", to=masked_number(target))
        to = self._around.waiting.hand_on(self._call, target)
        if isinstance(to, int):
            self._turned_down(to)
            return
        other.part()
        self._call.saying.fill(self._around.sounds.ringing)
        if to is None:
            self._colleague_rings = True
            return
        self._target = to
        self._successor = self._around.other_call(self._call, self)
        self._successor.dial(to, SUCCESSOR_SECONDS, caller=self._call.log.call.caller)

    def other_left(self, other: OtherCall) -> None:
        """Take in that who the caller spoke with hung up."""
        if other is not self.other:
            return
        self.other = None
        if self._moving:  # transferred blindly: the caller waits for the next one
            self._sent_on()
            return
        if self._handed_on:  # of whom the dialog does not tell
            self._call.log.parted(self._call.now)
        self._call.saying.fill(None)
        self._around.waiting.leave(self._call, "agent")
        self._call.tell(events.HungUp("agent"))

    # -- the caller -------------------------------------------------------------------------------------

    def referred(self, code: int) -> None:
        """Take in what became of sending the caller elsewhere."""
        if not self._referring or self._transfer is None:
            return
        self._referring = False
        transfer, self._transfer = self._transfer, None
        if 200 <= code < 300:
            self._call.tell(events.TransferAnswered(transfer))
            self._call.tell(events.HungUp("caller"))
        else:
            self._transfer_failed(transfer, code)

    def part(self, reason: str) -> None:
        """Let go of everybody else."""
        others = [each for each in (self.other, self._successor) if each is not None]
        self.other = self._successor = None
        self._colleague_rings = False
        for each in others:
            each.hang_up(reason)

    # -- inside -----------------------------------------------------------------------------------------

    @property
    def _moving(self) -> bool:
        """Whether somebody is called to whom an agent wants to hand the caller on."""
        return self._successor is not None or self._colleague_rings

    def _take_over(self, other: OtherCall) -> None:
        """Connect the caller with who takes the place of an agent."""
        before = self.other
        self._connect(other)
        if before is not None:
            before.hang_up("transferred")

    def _turned_down(self, code: int) -> None:
        """Give the caller back to the agent who wanted to hand the caller on, or to the flow."""
        self._note(EventKind.TRANSFER, by="agent", failed=_reason(code), code=code)
        if self.other is not None:
            self.other.refer_failed(code)
            self._let_talk(self.other)
        else:
            self._call.saying.fill(None)
            self._call.tell(events.HungUp("agent"))

    def _connect(self, other: OtherCall) -> None:
        self.other = other
        self._around.hearing.stop(self._call.id)
        self._let_talk(other)

    def _let_talk(self, other: OtherCall) -> None:
        """Let the caller hear ``other``, or music as long as that one has the caller on hold."""
        if other.holds:
            other.part()
            self._call.saying.fill(self._around.sounds.hold_music)
        else:
            self._call.saying.give_way()
            other.bridge()

    def _sent_on(self) -> None:
        """Take in that the agent's part in the call is over."""
        self._handed_on = True
        self._around.waiting.leave(self._call, "transfer")

    def _transfer_failed(self, transfer: int, code: int) -> None:
        reason = _reason(code)
        self._note(EventKind.TRANSFER, failed=reason, code=code)
        self._call.tell(events.TransferFailed(transfer, reason))

    def _note(self, kind: EventKind, **data: object) -> None:
        self._call.observe(Note(kind, self._call.dialog.node, data))


def _reason(code: int) -> Literal["busy", "no-answer", "failed"]:
    """Return what a SIP status means to a dialog."""
    if code in (486, 600, 603):
        return "busy"
    return "no-answer" if code in (408, 480, 487) else "failed"
