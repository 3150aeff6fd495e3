"""CSV files are read as they are, or refused in one line that says what would be right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ballast.errors import TableError
from ballast.table import number, read_table

NAN = float("nan")


def written(tmp_path: Path, content: str | bytes) -> Path:
    """Write a file."""
    file = tmp_path / "series.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("y\n1\n2\n3\n", [1, 2, 3]),
        ("y\n1\n2\n3", [1, 2, 3]),
        ("y\n1\n\nNA\nnan\n5\n", [1, NAN, NAN, NAN, 5]),
        ("y\n\n1\n2\n\n\n", [NAN, 1, 2, NAN, NAN]),
        ('y\n1\n  \n""\n2\n', [1, NAN, NAN, 2]),
        ("\n\ny\n1\n2\n", [1, 2]),
        ("y\r\n1\r\n\r\n2\r\n", [1, NAN, 2]),
        ("y\r1\r2\r", [1, 2]),
        (' "y"\n "1"\n +2.5e-3 \n.5\n1.\n', [1, 0.0025, 0.5, 1]),
        ("\ufeffy\n1\n2\n", [1, 2]),
        ("y\n1\n2\n".encode("utf-16"), [1, 2]),
    ],
)
def test_one_column(tmp_path: Path, content: str | bytes, values: list[float]) -> None:
    column = read_table(written(tmp_path, content)).only()
    assert column.name == "y"
    assert column.numbers().tolist() == pytest.approx(values, nan_ok=True)


@pytest.mark.parametrize("separator", [",", ";", "\t", " , "])
def test_several_columns(tmp_path: Path, separator: str) -> None:
    rows = [("day", "n  orders", "x"), ("1", "5", "0.5"), ("2", "", "NA")]
    text = "\n".join(separator.join(row) for row in rows) + "\n\n"
    table = read_table(written(tmp_path, text))
    assert table.names == ["day", "n orders", "x"]
    assert table.column(" n orders").numbers() == pytest.approx(np.array([5, NAN, NAN]), nan_ok=True)
    assert table.only(apart=("day", "x")).name == "n orders"
    with pytest.raises(TableError, match="has 3 columns; choose with --column: day, n orders, x"):
        table.only()
    with pytest.raises(TableError, match="no column 'z'; it has day, n orders, x"):
        table.column("z")


def test_names_of_rows_are_never_numbers(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, '"","y"\n"1",7\n"2",8\n'))
    assert table.column("y").numbers().tolist() == [7, 8]
    with pytest.raises(TableError, match=r"2 columns, one without a name \(names of rows.*choose with --column: y"):
        table.only()


def test_without_header(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "3\n\n4\n"), header=False).only().numbers()[[0, 2]].tolist() == [3, 4]
    table = read_table(written(tmp_path, "1,3\n2,4\n"), header=False)
    assert table.column("2").numbers().tolist() == [3, 4]


REFUSED = [
    ("", "no rows"),
    ("y\n", "no rows"),
    ("3\n4\n", "header has '3' where a name should be; if the file has no header, give --no-header"),
    ("NA\n4\n", "header has 'NA'"),
    ("2020-01-01,1e5\n2020-01-02,7\n", "header has '1e5'"),
    ("1_000\n5\n", "header has '1_000'"),
    ("y,y\n1,2\n", "header has 'y' twice"),
    ("a b,a  b \n1,2\n", "header has 'a b' twice"),
    ("y,z\n1\n", "line 2 has 1 cells and the header has 2; all"),
    ("y\n1,7\n2,8\n", "line 2 has 2 cells and the header has 1; name the first column"),
    ("y\n1\nx\n", "line 3, column y: 'x' is not a number; missing ones"),
    ("y\n1\ny\n2\n", "line 3, column y: 'y' is not a number"),
    ("y\n1_000\n", "'1_000' is not a number; write plain digits"),
    ('y\n"1,000"\n', "'1,000' is not a number; write plain digits"),
    ("day;y\n1;2,5\n", "'2,5' is not a number; write plain digits"),
    ("y\n1 000\n", "'1 000' is not a number; write plain digits"),
    ("y\n0x1F\n", "'0x1F' is not a number; write plain digits"),
    ("y\n5%\n", "'5%' is not a number; write plain digits"),
    ("y\n\uff15\n", "is not a number"),
    ("y\ninf\n", "'inf' is not a number"),
    ("y\n1e999\n", "'1e999' is not a number that fits"),
    ("y\n1e-999\n", "'1e-999' is not a number that fits"),
    ("y\n'1'\n", "is not a number"),
    ("y\nN/A\n", "'N/A' is not a number; missing ones are left empty"),
    ('y\n"1\n2\n', "not a CSV file"),
    ('y\n"1"2\n', "not a CSV file"),
    ("a;b,c\n1;2,3\n", "columns by commas or semicolons"),
    (b"y\n\xff1\n", "not a text file in UTF-8"),
    (b"\xff\xfe\x00", "not a text file in UTF-8"),
    ("y\n1\n".encode("utf-16-le"), "not a text file in UTF-8"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    apart = ("day",) if str(content).startswith("day") else ()
    with pytest.raises(TableError, match=message) as error:
        read_table(written(tmp_path, content)).only(apart).numbers()
    assert "\n" not in str(error.value)
    assert "series.csv" in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-1", -1.0), ("+2.5", 2.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("1E-1", 0.1), ("0e-999", 0.0)]
    + [
        (text, None)
        for text in (
            "",
            "nan",
            "inf",
            "1_000",
            "1,5",
            "0x1",
            " 1",
            "1e999",
            "1e-999",
            "-2e-400",
            "--1",
            "1e",
            "٤",
            "1 2",
        )
    ],
)
def test_a_number_is_written_in_digits(text: str, value: float | None) -> None:
    assert number(text) == value
