"""The QA desk: thin Flask pages over the call record."""
