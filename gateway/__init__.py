"""The gateway: judges, extracts, signs and keeps what the drivers deliver."""

__version__ = "0.1.0"
