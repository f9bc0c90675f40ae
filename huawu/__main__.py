"""``python -m huawu``."""

from huawu.cli import main

main()
