"""The desk for programs: REST over JSON with its OpenAPI document, below ``/api``."""
