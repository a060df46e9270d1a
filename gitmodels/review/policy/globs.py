"""Patterns for names: ``*`` is any run of characters, ``?`` any one. Nothing else is special.

Not regular expressions: matching takes time in proportion to pattern times name, whatever a policy says.
"""


def matches(pattern: str, name: str) -> bool:
    """Whether all of ``name`` is what ``pattern`` says; case counts.

    >>> matches("fraud*", "fraud-eu"), matches("fraud", "fraud-eu"), matches("v?", "v1")
    (True, False, True)
    """
    at = star = resume = 0
    seen = False
    for_pattern = len(pattern)
    place = 0
    while place < len(name):
        if at < for_pattern and pattern[at] == "*":
            seen, star, resume = True, at, place
            at += 1
        elif at < for_pattern and pattern[at] in ("?", name[place]):
            at += 1
            place += 1
        elif seen:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""


def matches_any(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of ``patterns`` matches."""
    return any(matches(each, name) for each in patterns)
