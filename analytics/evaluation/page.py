"""The accuracy page: run what is missing, keep the results, write the page from them.

The results lie in a JSON file beside the page, section by section, each written as soon as it is done:
an interrupted run goes on where it was. Seconds there are of processor time. The page is made of the
results and a template alone, so that it can be checked where the data is not.

    python -m analytics.evaluation.page --data "$HUAWU_DATA"
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analytics.evaluation.sections import SECTIONS, Section
from calls.errors import AnalyticsError

RESULTS, PAGE = Path("docs/accuracy.json"), Path("docs/accuracy.md")
TEMPLATE = "accuracy.md.jinja"
#: Names all sections that may be measured more than once.
EVERY = "all"

_ROWS = {
    "average precision": "average_precision",
    "precision at recall 0.5": "precision_at_recall_50",
    "correlation": "pearson",
    "macro-F1": "macro_f1",
    "accuracy": "accuracy",
    "calibration error": "ece",
    "Brier score": "brier",
}

Results = dict[str, dict[str, Any]]


def read_results(path: Path) -> Results:
    """Return the results by section; none where the file is not there.

    Raises
    ------
    AnalyticsError
        It is no JSON.
    """
    if not path.exists():
        return {}
    try:
        found: Results = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise AnalyticsError(f"{path}: no JSON ({error})", "delete it to measure everything anew") from None
    return found


def write_results(path: Path, results: Results) -> None:
    """Write the results, whole or not at all."""
    draft = path.with_suffix(".json.new")
    draft.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    draft.replace(path)


def missing(results: Results, only: Sequence[str] = (), again: Sequence[str] = ()) -> list[Section]:
    """Return the sections to run: those without results, and those to be run again.

    Where sections are named, no others are run; ``all`` in ``again`` names all but those
    scored once. One that is scored once is run only where ``only`` names it.

    Raises
    ------
    AnalyticsError
        There is no such section, or it was run and may not be again.
    """
    known = {section.key: section for section in SECTIONS}
    if EVERY in again:
        again = [key for key, section in known.items() if not section.once]
    for key in (*only, *again):
        if key not in known:
            raise AnalyticsError(f"section {key} does not exist", f"take one of {', '.join(known)}")
        if known[key].once and (key in again or key in results):
            raise AnalyticsError(f"section {key} is scored once", "name it with --only, where it never was")
    named = {*only, *again}
    return [
        section
        for section in SECTIONS
        if (section.key in again or section.key not in results)
        and (section.key in named or (not named and not section.once))
    ]


def measure_missing(data: Path, path: Path, sections: Sequence[Section], today: date) -> Results:
    """Run sections one after the other; the results are written after each.

    Raises
    ------
    AnalyticsError
        The folder lacks a file, or its rows cannot be used.
    """
    results = read_results(path)
    for section in sections:
        if not (data / section.file).is_file():
            raise AnalyticsError(
                f"{data / section.file} is not there", "name the folder of the data with --data"
            )
    for section in sections:
        began = time.process_time()
        found = section.run(data / section.file)
        seconds = round(time.process_time() - began, 1)
        results[section.key] = {
            "date": today.isoformat(),
            "seconds": seconds,
            "file": section.file,
            "command": section.command.replace("FILE", f"$HUAWU_DATA/{section.file}"),
            "found": found,
        }
        write_results(path, results)
        print(f"{section.key}: {seconds:.0f} s", flush=True)
    return results


def render(results: Results) -> str:
    """Return the page in Markdown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template(TEMPLATE)
    return template.render(
        results=results, table=lambda *columns: _table(results, columns), line=_line(results)
    )


def _line(results: Results) -> Any:
    """Return what writes under which conditions a section was measured."""

    def line(key: str) -> str:
        if key not in results:
            return "*Not measured yet.*"
        section = results[key]
        found = section["found"]
        wanted = f", {found['wanted_share']:.1%} of them {found['wanted']}" if found.get("wanted") else ""
        protocol = f"; {found['protocol']}" if found.get("protocol") else ""
        command = f"\n`{section['command']}`" if section["command"] else ""
        return f"{section['date']}: {found['n']:,} rows{wanted}{protocol}.{command}"

    return line


def _table(results: Results, columns: Sequence[tuple[str, str, str, str]]) -> str:
    """Return a table.

    Parameters
    ----------
    results : dict
    columns : sequence of (heading, section, condition, contender)
        ``condition`` is empty where a section has none.
    """
    found = [(heading, _measures(results, *where)) for heading, *where in columns]
    shown = [(heading, measures) for heading, measures in found if measures]
    if not shown:
        return "*Not measured yet.*"
    lines = ["| | " + " | ".join(heading for heading, _ in shown) + " |", "|---|" + "---|" * len(shown)]
    for title, name in _ROWS.items():
        cells = [_cell(measures[name], measures["intervals"][name]) for _, measures in shown]
        if any(cells):
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
        if name == "average_precision" and any(measures["lift"] for _, measures in shown):
            for share in next(measures["lift"] for _, measures in shown if measures["lift"]):
                cells = [
                    _cell(measures["lift"][share], measures["intervals"]["lift"][share])
                    if measures["lift"]
                    else ""
                    for _, measures in shown
                ]
                lines.append(f"| lift at {float(share):.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _measures(results: Results, key: str, condition: str, contender: str) -> dict[str, Any] | None:
    if key not in results:
        return None
    found = results[key]["found"]
    if not condition:
        return dict(found)
    return found["conditions"].get(condition, {}).get(contender)  # type: ignore[no-any-return]


def _cell(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return ""
    low, high = interval
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def make_page(
    data: Path | None,
    results: Path = RESULTS,
    page: Path = PAGE,
    only: Sequence[str] = (),
    again: Sequence[str] = (),
    today: date | None = None,
) -> None:
    """Run what is missing where there is data, and write the page.

    Raises
    ------
    AnalyticsError
        A section, the data or the results are wrong.
    """
    sections = missing(read_results(results), only, again)
    if data is not None:
        measure_missing(data, results, sections, today or date.today())
    page.write_text(render(read_results(results)), "utf-8")


def _main() -> None:
    parser = argparse.ArgumentParser(description="Run what is missing of the accuracy page, and write it.")
    parser.add_argument("--data", type=Path, default=os.environ.get("HUAWU_DATA"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--only", action="append", default=[], help="a section; may be given more than once")
    parser.add_argument("--again", action="append", default=[], help="a section to measure anew, or all")
    asked = parser.parse_args()
    try:
        make_page(asked.data, asked.results, asked.page, asked.only, asked.again)
    except AnalyticsError as error:
        raise SystemExit(f"huawu: {error}") from None


if __name__ == "__main__":
    _main()
