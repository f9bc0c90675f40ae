"""Models that ship with huawu and the scripts that build them. Not installed as a package."""
