"""The gateway's API: generated code, one package per version."""
