"""What the steps of appeals and of complaint cases have in common: texts, and that some are refused."""

from __future__ import annotations

#: Characters of a comment, a reason or a reply at most.
TEXT_LIMIT = 4000

#: Stands as the author of what the machine wrote into a history.
MACHINE = "huawu"


class StepRefused(ValueError):
    """A step cannot be taken, and nothing was changed.

    Parameters
    ----------
    key : str
        The sentence in :data:`console.texts.TEXTS` that says why.
    status : int
        400 where the form is at fault, 403 where the person is, 409 where the state is another by now.
    field : str
        The form's field at fault.
    **values
        What the sentence's placeholders stand for.
    """

    def __init__(self, key: str, status: int = 400, field: str = "", **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.field = field
        self.values = values


def checked_text(value: str, field: str, *, needed: bool) -> str:
    """Return what was typed with the line ends of text files and without outer blanks.

    Raises
    ------
    StepRefused
        It is too long, or empty where it is needed.
    """
    text = value.replace("\r\n", "\n").strip()
    if needed and not text:
        raise StepRefused("step.needs-text", field=field)
    if len(text) > TEXT_LIMIT:
        raise StepRefused("step.too-long", field=field, limit=TEXT_LIMIT, length=len(text))
    return text
