"""Attached devices as the gateway keeps them: one thread each, their state, their health, their recovery."""
