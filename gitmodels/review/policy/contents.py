"""Rules about what a version is: what it has to bring, its tags, flavors, size, and what loading it may run."""

from collections.abc import Iterator

from gitmodels.review.policy.decisions import Decision, either, passed, violated
from gitmodels.review.policy.facts import Facts, VersionFacts
from gitmodels.review.policy.globs import matches
from gitmodels.review.policy.rules import Rule
from gitmodels.review.spelling import size

_SHOWN = 3
# Every model that MLflow can predict with has it: it says nothing about how it is loaded.
_IN_COMMON = "python_function"


def judge(rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule asks of the version itself; nothing when an alias is cleared."""
    version = facts.version
    if version is None:
        return
    for word in rule.require:
        yield _required(rule.name, word, version)
    for tag, wanted in sorted(rule.tags.items()):
        yield _tag(rule.name, tag, wanted, version)
    if rule.flavors is not None:
        yield _flavors(rule.name, rule.flavors, version)
    if rule.code_execution is not None:
        kept = version.code_execution in rule.code_execution
        text = f"loading it runs: {version.code_execution}; allowed: {', '.join(rule.code_execution)}"
        yield either(kept, rule.name, "code_execution", text)
    if rule.max_size is not None:
        text = f"{size(version.size)} of at most {size(rule.max_size)}"
        yield either(version.size <= rule.max_size, rule.name, "max_size", text)


def _required(rule: str, word: str, version: VersionFacts) -> Decision:
    if word == "signature":
        if version.is_plain:
            return passed(rule, word, "files that no flavor loads need none")
        return either(version.has_signature, rule, word, "there is one" if version.has_signature else "there is none")
    if word == "pinned-dependencies":
        return _pinned(rule, word, version)
    if word == "code-commit":
        if version.code_commit is None:
            return violated(rule, word, "it is not known from which commit of the code it came")
        dirty = " with changes that were not committed" if version.code_dirty else ""
        return either(not version.code_dirty, rule, word, f"from commit {version.code_commit[:10]}{dirty}")
    has = version.has_example if word == "example" else version.has_card
    return either(has, rule, word, "there is one" if has else "there is none")


def _pinned(rule: str, word: str, version: VersionFacts) -> Decision:
    if version.unpinned is None:
        if version.is_plain:
            return passed(rule, word, "files that no flavor loads need none")
        return violated(rule, word, "there is no requirements.txt")
    shown = ", ".join(version.unpinned[:_SHOWN]) + (" …" if len(version.unpinned) > _SHOWN else "")
    return either(not version.unpinned, rule, word, f"not pinned: {shown}" if shown else "every requirement is pinned")


def _tag(rule: str, tag: str, wanted: str, version: VersionFacts) -> Decision:
    part = f"tags: {tag}"
    if tag not in version.tags:
        return violated(rule, part, f"the tag is missing; {wanted} is asked")
    value = version.tags[tag]
    return either(matches(wanted, value), rule, part, f"is {value[:80]}; {wanted} is asked")


def _flavors(rule: str, allowed: tuple[str, ...], version: VersionFacts) -> Decision:
    if version.is_plain:
        return passed(rule, "flavors", "files that no flavor loads have none")
    own = [flavor for flavor in version.flavors if flavor != _IN_COMMON] or [_IN_COMMON]
    return either(set(own) <= set(allowed), rule, "flavors", f"{', '.join(own)}; allowed: {', '.join(allowed)}")
