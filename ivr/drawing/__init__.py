"""Pictures of flows: SVG to hang on the wall, Mermaid for documents, and where callers give up."""

from ivr.drawing.dropoff import DropOff, Passage, drop_off
from ivr.drawing.mermaid import draw_mermaid
from ivr.drawing.svg import draw_svg

__all__ = ["DropOff", "Passage", "draw_mermaid", "draw_svg", "drop_off"]
