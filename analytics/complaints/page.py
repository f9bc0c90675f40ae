"""The page of the criteria and labels: ``python -m analytics.complaints.page > docs/complaints.md``."""

from __future__ import annotations

from analytics.complaints.assessor import ALONE, CAUSES_NAMED, NAMED, TOLD
from analytics.complaints.criteria import CRITERIA
from analytics.complaints.overruling import GREAT_AMOUNT, MANY_CALLS
from analytics.complaints.resolution import CLOSING
from analytics.complaints.taxonomy import CAUSES, RESOLUTIONS, RESPONSIBLE
from analytics.complaints.wording import part_names

_HEAD = """\
# Complaints

What is found out about a complaint, and by what rules. This page is made from the registers in
`analytics/complaints/` by `python -m analytics.complaints.page`.

## How grave

| severity | when |
|---|---|
| 一般 | the caller is dissatisfied and wants it put right, however politely |
| 重大 | a complaint that meets one of the criteria of 重大 below |
| 紧急 | a complaint that meets one of the criteria of 紧急 below |

| criterion | brings | 中文 | met when |
|---|---|---|---|
"""

_RULE = """
Only what callers **say** counts, not what agents and prompts say. And only what they **mean**: not what they
deny (我不是要投诉), ask about (怎么投诉到消协), suppose (万一漏电), tell of others (听说有人起诉) or call
settled (上次投诉的事已经解决了). A condition takes nothing from a threat: 再不退我就打一二三一五 is one, and
so is 别逼我找记者. Keywords are found in any characters of their sound, except where what sounds like them is
often said. They are in `analytics/complaints/wordings.yaml`.

The probability of each level comes from the learned classifier and the criteria met, weighed together (see
`severity.py`); the gravest level likelier than not is given, with its probability. Where no criterion brings
a level, the classifier alone must be {alone:.0%} sure of it. The words that met the criteria are cited first.

Where the recording is mono it is not known who spoke: then all that is said counts.
"""

_REASONS = """
## Why, by whose fault, and what became of it

These are judged where there is a complaint. Caller's and agent's turns are scored apart. A cause or a
responsible party less likely than {named:.0%} is not named; up to {causes} causes are.
"""


_OWN = """
## Your own wordings

What a centre changes is written in a file `criteria.yaml`, which `HUAWU_CRITERIA` names, or which lies in
huawu's folder of the user's settings ({place}), where it counts for every command. What the
file leaves out stays as it ships.

    criteria:
      regulator: {{add: ['=找<authority>的领导']}}    # beside the shipped wordings
      media: {{only: ['曝光你们', '=上热搜']}}          # instead of them
      group: {{off: true}}                           # never met
      amount: {{yuan: 5000}}                         # from 5,000 yuan on, not {amount:,.0f}
      repeat: {{calls: 3}}                           # earlier calls in 7 days, not {calls}
    causes:
      delivery: {{add: ['柜子里没有']}}               # names the cause for certain ({told:.0%} at least)
      privacy: {{off: true}}                         # never named

A pattern is a regular expression over normalised text: no signs, no fillers, digits as Hanzi (12315 is
一二三一五). It is found in any characters of its sound; one that begins with `=` only in its own. So are
matches of two characters, unless the pattern begins with `~`. `<authority>` stands for one of the parts of
`wordings.yaml`: {parts}.
Every repetition needs an upper end (`.{{0,6}}`, not `.*`). What is added is read by the same rules as above:
said by the caller, and meant.
A fault is told with its line, and nothing is judged until it is put right. Findings of a judge with such a
file have `+criteria-` and the beginning of the file's SHA-256 in the name of their model.
"""


def page() -> str:
    """Return the page in Markdown."""
    parts = [_HEAD]
    parts += [
        f"| `{each.name}` | {each.severity} | {each.chinese} | {each.definition} |\n"
        for each in CRITERIA.values()
    ]
    parts.append(_RULE.format(alone=ALONE))
    parts.append(
        _OWN.format(
            place="on Linux `~/.config/huawu`",
            amount=GREAT_AMOUNT,
            calls=MANY_CALLS,
            told=TOLD,
            parts=", ".join(f"`{name}`" for name in part_names()),
        )
    )
    parts.append(_REASONS.format(named=NAMED, causes=CAUSES_NAMED))
    for kind, told, labels in (
        ("cause", "why the caller complains", CAUSES),
        ("responsible", "whose fault it is, by what both parties say", RESPONSIBLE),
        (
            "resolved",
            f"what has become of the matter, by the last {CLOSING} turns: what the agent did, promised or "
            "refused, and whether the caller accepted it",
            RESOLUTIONS,
        ),
    ):
        parts.append(f"\n### `{kind}`: {told}\n\n| label | 中文 |\n|---|---|\n")
        parts += [f"| `{label}` | {chinese} |\n" for label, chinese in labels.items()]
    return "".join(parts)


if __name__ == "__main__":
    print(page(), end="")
