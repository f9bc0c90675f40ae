"""Where the recordings of a batch come from: folders, patterns, files, manifests, object stores."""

from huawu.batch.sources.source import entries
from huawu.batch.sources.tally import Tally
from huawu.batch.sources.template import NameTemplate

__all__ = ["NameTemplate", "Tally", "entries"]
