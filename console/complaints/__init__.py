"""Complaint cases: their steps, deadlines, list and figures."""
