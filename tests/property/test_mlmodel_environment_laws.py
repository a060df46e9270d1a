"""Laws of environments: folding and redacting are done once, pruning loses nothing, files read back."""

import string
import tempfile
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from gitmodels.errors import Invalid
from gitmodels.mlmodel import environment
from gitmodels.mlmodel.distributions import Distribution, Installed, normalise
from gitmodels.mlmodel.redaction import redact_urls
from gitmodels.mlmodel.requirement_lines import fold, package_of, read
from gitmodels.mlmodel.requirements import Requirements, closure, prune

names = st.sampled_from("abcdefgh")
versions = st.sampled_from(["1", "1.5", "2.0", "2.1.3"])
specifiers = st.builds(str.__add__, st.sampled_from(["==", ">=", "<=", "!=", "<", ">"]), versions)
lines = st.builds(
    lambda name, extra, specifier: name + extra + specifier,
    names,
    st.sampled_from(["", "[x]", "[x,y]"]),
    st.one_of(st.just(""), specifiers),
)
worlds = st.dictionaries(names, st.sets(names, max_size=3), max_size=8).map(
    lambda needs: Installed(
        {}, {name: Distribution(name, "1.0", {"": tuple(sorted(others))}) for name, others in needs.items()}
    )
)
urls = st.builds(
    "{}://{}{}/{}{}".format,
    st.sampled_from(["https", "git+https", "git+ssh"]),
    st.one_of(st.just(""), st.text(string.ascii_letters + ":%$", max_size=8).map(lambda user: f"{user}@")),
    st.sampled_from(["h", "conda.org/t/abc-1"]),
    st.text(string.ascii_lowercase, max_size=5),
    st.sampled_from(["", "?token=x", "?a=b&sig=c", "#egg=x"]),
)


@given(st.lists(lines, max_size=8))
def test_folding_twice_changes_nothing_and_names_stay(given_lines: list[str]) -> None:
    try:
        once = fold(given_lines)
    except Invalid:
        assume(False)
    assert fold(once) == once
    assert {package_of(line) for line in once} == {package_of(line) for line in given_lines}
    assert len(once) == len({package_of(line) for line in once})


@given(st.lists(st.one_of(urls, lines), max_size=4).map(" ".join))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact_urls(text)
    assert redact_urls(once) == once


@given(worlds, st.sets(names), st.sets(names, max_size=2))
def test_pruning_loses_nothing(world: Installed, wanted: set[str], keep: set[str]) -> None:
    wanted &= world.distributions.keys()
    keep &= world.distributions.keys()
    kept = prune(wanted, world, keep=keep)
    assert keep <= kept <= wanted | keep
    assert closure(sorted(kept), world) == closure(sorted(wanted | keep), world)
    for name in kept - keep:
        assert all(name not in world.needs(other) for other in kept - {name})


@given(st.text(string.ascii_letters + "-_.", min_size=1, max_size=12))
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


@given(st.lists(lines, max_size=6), st.lists(lines, max_size=3))
def test_the_files_read_back(pip: list[str], constraints: list[str]) -> None:
    requirements = Requirements(pip=tuple(pip), constraints=tuple(constraints), python="3.12.0")
    with tempfile.TemporaryDirectory() as folder:
        environment.write(Path(folder), requirements)
        back = environment.read(Path(folder))
        reread = read(Path(folder) / environment.REQUIREMENTS)
    assert (back.pip, back.constraints, back.python) == (tuple(pip), tuple(constraints), "3.12.0")
    assert (reread.requirements, reread.constraints) == (tuple(pip), tuple(constraints))
