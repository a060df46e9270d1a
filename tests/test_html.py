"""Tables for notebooks hold nothing but what they show: no markup, no hidden character of others."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from gitmodels import html


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@given(st.text(), st.dictionaries(st.text(), st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text())))
def test_whatever_is_shown_brings_no_markup_of_its_own(caption: str, rows: dict[str, object]) -> None:
    page = html.table(caption, rows)
    parser = _Tags()
    parser.feed(page)
    assert parser.tags <= {"table", "caption", "tr", "th", "td", "br"}
    assert parser.attributes <= {"style"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x1f\x7f]", page)


def test_what_is_long_is_cut_and_what_is_absent_left_out() -> None:
    page = html.table("x", {"long": "a" * 1000, "none": None, "many": list(range(100)), "zero": 0, "pairs": {"k": "v"}})
    assert "a" * html.LONGEST + "…" in page
    assert "none" not in page
    assert "… 40 more" in page
    assert ">0<" in page
    assert "k: v" in page
    assert html.safe("a\u202eb\ud800") == "a\\u202eb\\ud800"
