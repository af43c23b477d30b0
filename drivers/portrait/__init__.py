"""Portrait cameras, one file per model."""
