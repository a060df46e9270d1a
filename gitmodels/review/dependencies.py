"""How the requirements of two models differ, by PEP 440.

This room knows lines of a requirements.txt, taken for hostile; it installs and looks up nothing. A line that is no
requirement is compared as text.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gitmodels.mlmodel.requirement_lines import package_of
from gitmodels.patterns import pattern
from gitmodels.review.requirements import is_pinned
from gitmodels.review.verdicts import Finding, Verdict
from gitmodels.values import frozen

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.version import Version

_MAX_LINES = 5_000
_MAX_LINE = 500
_PLAIN = pattern(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:==([A-Za-z0-9.+!-]+))?")


@frozen
class Need:
    """One requirement: the line, the package, and the version it names, if it names one."""

    line: str
    package: str
    pin: "Version | None" = None
    wanted: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the line fixes what is installed, as a policy asks it."""
        return is_pinned(self.line)


def compare_requirements(old: bytes | None, new: bytes | None) -> Iterator[Finding]:
    r"""One finding for every package that came, went, or is wanted otherwise.

    >>> [(each.verdict.word, each.subject, each.text) for each in compare_requirements(b"a==1.2\n", b"a==2.0\nb\n")]
    [('warn', 'a', 'another major version'), ('warn', 'b', 'added, not pinned to one version')]
    """
    if old == new:
        return
    if new is None:
        yield Finding("dependencies", Verdict.WARN, "requirements.txt", "there is none any more", "declared", None)
        return
    before, after = _needs(old or b""), _needs(new)
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was is None and now is not None:
            yield _added(now)
        elif now is None and was is not None:
            yield Finding("dependencies", Verdict.NOTE, was.package or was.line, "removed", _said(was), None)
        elif was is not None and now is not None and was.line != now.line:
            verdict, text = _judged(was, now)
            yield Finding("dependencies", verdict, now.package or now.line, text, _said(was), _said(now))


def _needs(data: bytes) -> dict[str, Need]:
    found: dict[str, Need] = {}
    for raw in data.decode("utf-8", "replace").splitlines()[:_MAX_LINES]:
        line = raw.partition(" #")[0].strip()[:_MAX_LINE]
        if line and not line.startswith("#"):
            need = _need(line)
            found[_key(need, found)] = need
    return found


def _key(need: Need, found: dict[str, Need]) -> str:
    """The package; with markers one package may stand in several lines."""
    marker = need.line.partition(";")[2].strip()
    key = f"{need.package} ; {marker}" if need.package and marker else need.package or need.line
    return f"{key} {need.line}" if key in found else key


def _need(line: str) -> Need:
    package = package_of(line)
    if not package:
        return Need(line, "")
    if plain := _PLAIN.fullmatch(line):
        # The form we write, and bare names: loading packaging's parser costs more than all the rest.
        return Need(line, package, _version(plain[1]), f"=={plain[1]}" if plain[1] else "")
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(line.partition(" --")[0])
    except InvalidRequirement:
        return Need(line, package, wanted=line)
    return Need(line, package, _pin(wanted), str(wanted.specifier) or (f"@ {wanted.url}" if wanted.url else ""))


def _pin(wanted: "Requirement") -> "Version | None":
    exact = [item.version for item in wanted.specifier if item.operator in ("==", "===") and "*" not in item.version]
    return _version(exact[0]) if len(exact) == 1 else None


def _version(text: str | None) -> "Version | None":
    if not text:
        return None
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _added(now: Need) -> Finding:
    text = "added" if now.pinned else "added, not pinned to one version"
    verdict = Verdict.NOTE if now.pinned else Verdict.WARN
    return Finding("dependencies", verdict, now.package or now.line, text, None, _said(now))


def _judged(old: Need, new: Need) -> tuple[Verdict, str]:
    if old.pinned and not new.pinned:
        return Verdict.WARN, "not pinned to one version any more"
    if old.pin is None or new.pin is None:
        return (Verdict.OK, "pinned now") if new.pinned and not old.pinned else (Verdict.NOTE, "wanted otherwise")
    if old.pin == new.pin:
        return Verdict.OK, "the same version, written otherwise"
    if old.pin.epoch != new.pin.epoch or _series(old.pin) != _series(new.pin):
        return Verdict.WARN, "another major version"
    if new.pin < old.pin:
        return Verdict.NOTE, "older than before"
    small = old.pin.release[:2] == new.pin.release[:2]
    return (Verdict.OK, "a patch") if small else (Verdict.NOTE, "newer")


def _series(version: "Version") -> tuple[int, ...]:
    """What semantic versioning promises not to break: the major number, below 1.0 the minor one too."""
    return version.release[:1] if version.major else version.release[:2]


def _said(need: Need) -> str:
    if not need.package:
        return need.line
    return str(need.pin) if need.pin is not None else need.wanted or "any version"
