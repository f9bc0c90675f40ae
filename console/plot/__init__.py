"""Plots as SVG without style or script of their own, so that the desk's policy lets them be: see plot.css."""

from console.plot.bars import Bar, bar_plot
from console.plot.columns import Stack, column_plot
from console.plot.funnel import Mark, funnel_plot
from console.plot.lines import Band, Line, line_plot

__all__ = ["Band", "Bar", "Line", "Mark", "Stack", "bar_plot", "column_plot", "funnel_plot", "line_plot"]
