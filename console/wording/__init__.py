"""The desk's words by key, each in Chinese and in English, a module for each part of the desk."""

from __future__ import annotations

from console.wording import accounts, api, appeals, callpage, cases, dashboards, scorecard, search

#: Of all parts. A key belongs to one.
PARTS = (
    accounts.TEXTS,
    api.TEXTS,
    appeals.TEXTS,
    callpage.TEXTS,
    cases.TEXTS,
    dashboards.TEXTS,
    scorecard.TEXTS,
    search.TEXTS,
)
