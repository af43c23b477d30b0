"""Two calibrations of one device beside each other."""

from math import hypot
from typing import TYPE_CHECKING, Any

from gateway.cli.calibrate_words import entry_document
from gateway.cli.exits import bad_usage
from gateway.cli.output import Output

if TYPE_CHECKING:
    from rekam.v1 import calibration_pb2 as pb

NOTABLE = 2.0
"""Standard uncertainties of a difference: less is chance in 19 of 20 cases."""


def tell_comparison(history: "pb.GetCalibrationHistoryResponse", first: str, second: str, output: Output) -> None:
    """Each value of both, their difference, and the difference in standard uncertainties.

    Raises
    ------
    CommandFailure
        One of them is not in the device's history.
    """
    records = {
        each["calibration_id"]: each for each in map(entry_document, history.entries) if each["kind"] == "record"
    }
    for name in (first, second):
        if name not in records:
            device = history.standing.device_id
            raise bad_usage(f"{name or 'no calibration in use'} is not in the history of {device}: see `history`.")
    rows = compared(records[first], records[second])
    output.document({"first": first, "second": second, "values": rows})
    if output.as_json:
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title=f"{first} -> {second}", title_justify="left")
    for title in ("procedure", "value", "first", "second", "change", "in u"):
        table.add_column(title, justify="left" if title in ("procedure", "value") else "right")
    for row in rows:
        style = "bold" if row["in_uncertainties"] is not None and abs(row["in_uncertainties"]) > NOTABLE else ""
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        table.add_row(
            row["procedure"],
            row["name"],
            *(_number(row[key]) for key in ("first", "second")),
            "-" if row["change"] is None else f"{row['change']:+.4g}{unit}",
            "-" if row["in_uncertainties"] is None else f"{row['in_uncertainties']:+.1f}",
            style=style,
        )
    output.console().print(table)


def compared(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of all values of either."""
    of = [{(each["procedure"], each["name"]): each for each in record["values"]} for record in (first, second)]
    rows = []
    for key in dict.fromkeys([*of[0], *of[1]]):
        a, b = of[0].get(key), of[1].get(key)
        change = None if a is None or b is None else b["value"] - a["value"]
        spread = 0.0 if a is None or b is None else hypot(a["uncertainty"], b["uncertainty"])
        rows.append(
            {
                "procedure": key[0],
                "name": key[1],
                "unit": (a or b or {})["unit"],
                "first": None if a is None else a["value"],
                "second": None if b is None else b["value"],
                "change": change,
                "in_uncertainties": change / spread if change is not None and spread > 0 else None,
            }
        )
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
