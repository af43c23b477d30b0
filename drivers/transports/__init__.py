"""How bytes reach a device: USB, and tapes that replay it."""
