"""What is wrong with an answer of the centre."""


class AnswerInvalid(ValueError):
    """It is no answer of the centre, or not one to be believed; the message names the part and the remedy."""
