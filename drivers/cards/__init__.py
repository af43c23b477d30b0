"""Card writers: one file per model, and what they share: command APDUs, answers to reset, the exchange with a card."""
