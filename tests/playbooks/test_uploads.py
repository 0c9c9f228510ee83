"""Files that fill a list input: CSV and JSON, read row by row, every broken row named."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.pages.uploads import MOST_BYTES, Upload, read_upload

SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"properties": {"amount": {"type": "number"}, "reference": {"type": "string"}, "urgent": {"type": "boolean"}}},
}


def read(text: str | bytes, name: str = "rows.csv", schema: dict[str, Any] | None = None) -> Upload:
    """The upload of an input called `rows`."""
    return read_upload(text.encode() if isinstance(text, str) else text, name, "inputs/rows", schema)


def test_columns_of_numbers_become_numbers() -> None:
    """So that `amount > 5000` compares numbers; dates, leading zeros and long numbers stay texts."""
    upload = read(
        "date,supplier,amount,code,account\n2020-12-01,Amazon,988.71,007,12345678901234567890\n2020-12-02,IKEA,840,012,12345678901234567891\n"
    )

    assert not upload.problems
    assert upload.rows == [
        {"date": "2020-12-01", "supplier": "Amazon", "amount": 988.71, "code": "007", "account": "12345678901234567890"},
        {"date": "2020-12-02", "supplier": "IKEA", "amount": 840, "code": "012", "account": "12345678901234567891"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "a|b\n1|x\n2|y\n",
        "\ufeffa,b\r\n1,x\r\n2,y\r\n",
        "a,b\n\n1,x\n,\n2,y\n\n",
        'a,b\n"1","x"\n"2","y"\n',
        "a,b\n1,x,\n2,y,,\n",
    ],
)
def test_the_usual_kinds_of_csv_are_understood(content: str) -> None:
    """Separators, quotes, empty lines, byte order marks, superfluous commas at the end."""
    assert read(content).rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_texts_of_western_excel_are_understood() -> None:
    """What is not UTF-8 is read as Windows writes it."""
    assert read("name\nMüller\n".encode("cp1252")).rows == [{"name": "Müller"}]


def test_a_row_with_too_few_cells_is_named() -> None:
    """By its index and in words; the others can be used."""
    upload = read("a,b,c\n1,x,y\n2,x\n3,x,y\n")

    assert [(problem.address, problem.message) for problem in upload.problems] == [("inputs/rows/1", "2 cells instead of 3 (line 3 of the file).")]
    assert upload.bad == {1} and [row["a"] for row in upload.without_bad_rows()] == [1, 3]


def test_whole_amounts_are_written_as_one_reads_them() -> None:
    """`25000.00` becomes 25000 in a question, not 25000.0."""
    upload = read("supplier,amount\nAmazon,25000.00\nIKEA,840.50\n")

    assert [str(row["amount"]) for row in upload.rows] == ["25000", "840.5"]


def test_a_word_among_numbers_is_named() -> None:
    """Comparing it with a number would silently be false."""
    upload = read("amount\n12\n13.5\nabc\n")

    assert [problem.address for problem in upload.problems] == ["inputs/rows/2/amount"] and "abc" in upload.problems[0].message


def test_a_column_of_words_with_some_numbers_stays_text() -> None:
    """A reference may be `1001` or `A-7`."""
    assert [row["reference"] for row in read("reference\nA-7\nB-8\n1001\n").rows] == ["A-7", "B-8", "1001"]


def test_the_schema_decides_over_the_guess() -> None:
    """Numbers that are texts stay texts, and a single bad number is a fault."""
    upload = read("amount,reference,urgent\nabc,1001,yes\n5,1002,false\n", schema=SCHEMA)

    assert [row["reference"] for row in upload.rows] == ["1001", "1002"] and [row["urgent"] for row in upload.rows] == [True, False]
    assert upload.bad == {0}


def test_empty_cells_are_null_except_in_texts() -> None:
    """So that a schema can ask for them."""
    assert read("amount,reference\n,\n5,x\n6,y\n", schema=SCHEMA).rows == [{"amount": 5, "reference": "x"}, {"amount": 6, "reference": "y"}]
    assert read("amount,reference,z\n,,1\n5,x,1\n", schema=SCHEMA).rows[0] == {"amount": None, "reference": "", "z": 1}


def test_an_empty_cell_that_the_schema_needs_is_named() -> None:
    """A payment without an amount is no payment."""
    schema = {"items": {"required": ["amount"], "properties": {"amount": {"type": "number"}}}}

    upload = read("amount,reference\n,a\n5,b\n", schema=schema)

    assert [(problem.address, problem.message) for problem in upload.problems] == [("inputs/rows/0/amount", "“amount” is empty.")]


def test_json_is_taken_as_it_is() -> None:
    """By its name or by its first characters."""
    assert read('[{"a": "1"}]', "rows.json").rows == [{"a": "1"}]
    assert read('[{"a": "1"}]', "rows.txt").rows == [{"a": "1"}]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "rows.csv"),
        (b"\n\n", "rows.csv"),
        (b"a,b\n", "rows.csv"),
        (b"a,a\n1,2\n", "rows.csv"),
        (b"a,,c\n1,2,3\n", "rows.csv"),
        (b'a,b\n"1,2\n', "rows.csv"),
        (b"PK\x03\x04\x00\x00binary", "rows.xlsx"),
        (b'{"a": 1}', "rows.json"),
        (b"[1, 2", "rows.json"),
        (b"[1e400]", "rows.json"),
        (b"[" * 5000, "rows.json"),
        (b'["\\u0000"]', "rows.json"),
        (b'["\\ud800"]', "rows.json"),
        (b"x" * (MOST_BYTES + 1), "rows.csv"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(content: bytes, name: str) -> None:
    """Never by an exception; nothing of it is used."""
    upload = read(content, name)

    assert upload.problems and not upload.rows
    assert all(problem.message and problem.address.startswith("inputs/rows") for problem in upload.problems)


def test_many_faults_are_cut_but_every_bad_row_is_known() -> None:
    """Two hundred faults help nobody, but leaving rows out must leave out all of them."""
    upload = read("a,b\n" + "1\n" * 500 + "1,2\n")

    assert len(upload.problems) == 200 and len(upload.bad) == 500 and len(upload.without_bad_rows()) == 1


def test_a_path_in_the_name_is_dropped() -> None:
    """Browsers of old sent the whole path."""
    assert read("a\n1\n", "../../etc/rows.csv").name == "rows.csv"
