"""Procedures of a card writer: conversation.py talks to it, the others measure what it wrote down."""
