"""The live call: flow language, dialog, doors."""
