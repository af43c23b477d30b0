"""What came of looking for an iris, in words for people."""

from gateway.guidance import LocalizedText
from gateway.iris.geometry import IrisOutcome

OUTCOME_WORDS = {
    IrisOutcome.FOUND: LocalizedText("Iris ditemukan.", "The iris was found."),
    IrisOutcome.NO_EYE: LocalizedText("Tidak ada iris yang ditemukan.", "No iris was found."),
    IrisOutcome.EYE_CLOSED: LocalizedText(
        "Mata tertutup: terlalu sedikit iris yang terlihat.", "The eye is closed: too little of the iris is seen."
    ),
    IrisOutcome.IRIS_INCOMPLETE: LocalizedText(
        "Iris terpotong oleh tepi gambar.", "The frame cuts a part of the iris off."
    ),
    IrisOutcome.TOO_SMALL: LocalizedText(
        "Gambar terlalu kecil untuk sebuah iris.", "The image has too few pixels for an iris."
    ),
}
"""By the outcome of an analysis."""
