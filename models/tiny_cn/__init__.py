"""The built-in demo model and everything that builds it. Not installed with huawu."""
