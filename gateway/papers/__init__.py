"""What an office hands out on paper: a resident's slip, and letters to the heads of the neighbourhoods."""

from gateway.papers.letter import Letter, LetterRefused, letter_pdf
from gateway.papers.letter_templates import LetterKind, LetterTemplates, check_letter_templates, read_letter_templates
from gateway.papers.page import FontUnusable, PaperSize
from gateway.papers.slip import Slip, slip_pdf
from gateway.papers.values import Office

__all__ = [
    "FontUnusable",
    "Letter",
    "LetterKind",
    "LetterRefused",
    "LetterTemplates",
    "Office",
    "PaperSize",
    "Slip",
    "check_letter_templates",
    "letter_pdf",
    "read_letter_templates",
    "slip_pdf",
]
