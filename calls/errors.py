"""The one exception tree of huawu.

Every error that a person may see derives from :class:`HuawuError` and renders as one
line: what is wrong (file, field, value) and the way out. The command line prints that line
and exits with :attr:`HuawuError.exit_code`.
"""

from __future__ import annotations


class HuawuError(Exception):
    """Base of all errors shown to people.

    Parameters
    ----------
    message : str
        What is wrong, with the file, the field and the value.
    hint : str, optional
        The way out, as an instruction.
    """

    #: 0 done, 1 some items failed (each listed), 2 the request was wrong, 130 interrupted.
    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} → {self.hint}" if self.hint else self.message


class AudioError(HuawuError):
    """A recording cannot be read, or holds no sound."""


class ModelError(HuawuError):
    """A recognition model is missing, incomplete, or used in a way that it does not allow."""


class RecogniserError(HuawuError):
    """The recogniser was asked for something that would end the process."""


class VoiceError(HuawuError):
    """Text could not be turned into speech."""


class HotWordError(HuawuError):
    """A list of hot words cannot be read, or a word of it cannot be said."""


class SoundCardError(HuawuError):
    """There is no microphone or no headphones, or they cannot be used."""


class LinkError(HuawuError):
    """Two processes of a running centre cannot talk to each other."""


class ServeError(HuawuError):
    """The configuration of a running centre is wrong, or a part of it cannot start."""


class AgentError(HuawuError):
    """An agent, or what is said of one, cannot be so."""


class FlowError(HuawuError):
    """A flow file is wrong; the message names file, line, field and the known names."""


class CalendarError(HuawuError):
    """A calendar file is wrong."""


class WebError(HuawuError):
    """An address that flows may ask cannot be read."""


class ScenarioError(HuawuError):
    """A scenario file is wrong."""


class TrialError(HuawuError):
    """A file of flow tests, or of the world that they run in, is wrong."""


class StoreError(HuawuError):
    """The database cannot be opened or written."""


class SchemaTooNew(StoreError):
    """The database was written by a newer huawu."""


class StoreLocked(StoreError):
    """Another process holds the database for longer than the busy timeout."""


class NotFound(StoreError):
    """There is no record with that id."""


class RecordingError(HuawuError):
    """A recording cannot be written."""


class AnalyticsError(HuawuError):
    """Labelled data, a rule or a plan is wrong, or a model is asked for what it cannot know."""


class SampleError(HuawuError):
    """A sample cannot be drawn as asked."""


class FetchError(HuawuError):
    """A model could not be fetched or did not match its checksum."""


class BatchError(HuawuError):
    """A batch cannot be done as asked: its source, a manifest's line or a name's pattern is wrong."""
