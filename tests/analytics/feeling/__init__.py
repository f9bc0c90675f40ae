"""Tests of analytics.feeling."""
