from __future__ import annotations

import math

import pytest

from ibnb.widgets.markup import Cell, count, facts, plain, price, sparkline, table


def test_a_table_has_a_caption_and_heads_that_say_what_they_head() -> None:
    markup = table("Quotes", ("Symbol", "Last"), [["A<B", Cell("<b>1</b>")]], by="Last", kinds=["stale"])
    assert "<caption>Quotes</caption>" in markup
    assert "<th scope='col' class='l'>Symbol</th>" in markup
    assert "<th scope='col' aria-sort=descending>Last</th>" in markup
    assert "<th scope='row' class='l'>A&lt;B</th>" in markup
    assert "<tr class='stale'>" in markup
    assert plain(markup) == "Quotes\nSymbol Last\nA<B 1"


def test_names_and_values_are_a_table_too() -> None:
    assert plain(facts("Account", [("Cash & more", "1 &lt; 2")])) == "Cash & more 1 < 2"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (193.5, "193.50"),
        (1622558.0, "1,622,558.00"),
        (0.55, "0.55"),
        (1.08345, "1.08345"),
        (math.nan, "–"),
        (-2, "-2.00"),
    ],
)
def test_prices_are_written_as_people_read_them(value: float, text: str) -> None:
    # first_use B3: 1.622558e+06
    assert price(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(4846776.0, "4,846,776"), (0.25, "0.25"), (1.5, "1.5"), (math.nan, "–"), (0.0, "0")]
)
def test_sizes_have_no_decimals_that_say_nothing(value: float, text: str) -> None:
    assert count(value) == text


def test_a_course_is_said_as_well_as_drawn() -> None:
    drawn = sparkline([10.0, 12.0, 11.0])
    assert plain(drawn) == "▁█▅"
    assert "aria-label='from 10.00 to 11.00, low 10.00, high 12.00'" in drawn
    assert sparkline([1.0]) == "–"
    assert plain(sparkline([5.0, 5.0])) == "▁▁"
