"""Templates with fields by name in braces, `{office}`, that people edit: what fields one has."""

import string


def field_names(template: str) -> set[str]:
    """The names in a template.

    Raises
    ------
    ValueError
        A brace stands alone, or a field has more than its name: a form, a conversion.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ for a brace") from error
    if any(form or conversion for _, _, form, conversion in parts):
        raise ValueError("holds more than names of fields in braces")
    return {name for _, name, _, _ in parts if name is not None}


def one_line(value: str) -> str:
    """A value for a field: without line breaks and other white space than single spaces."""
    return " ".join(value.split())
