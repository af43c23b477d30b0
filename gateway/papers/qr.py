"""A QR code as runs of dark modules (ISO/IEC 18004), through segno."""

Run = tuple[int, int, int]
"""Row, first column, number of modules."""


def dark_runs(content: str) -> tuple[int, list[Run]]:
    """The modules of a side, and the dark runs of each row; error correction M, 15 % may be lost."""
    import segno

    matrix = segno.make_qr(content, error="m", boost_error=False).matrix
    runs: list[Run] = []
    for row, modules in enumerate(matrix):
        start = None
        for column, dark in enumerate((*modules, 0)):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                runs.append((row, start, column - start))
                start = None
    return len(matrix), runs
