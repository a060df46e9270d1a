"""A comparison as SARIF 2.1.0, for hosts that show findings beside the files of a change.

This room knows the form; a finding's place is the file of the registry that it is about.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gitmodels import digest
from gitmodels.registry import layout
from gitmodels.review.compare import ordered
from gitmodels.review.report import Comparison, change
from gitmodels.review.verdicts import SECTIONS, Finding, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Verdict.OK: "none", Verdict.NOTE: "note", Verdict.WARN: "warning", Verdict.BREAK: "error"}
_FILES = {"signature": "MLmodel", "flavors": "MLmodel", "runtime": "MLmodel", "dependencies": "requirements.txt"}
_FILES |= {"tensors": "manifest.yaml", "size": "manifest.yaml", "card": "README.md"}
_ABOUT = {
    "identity": "Which versions and files differ",
    "alias": "Where an alias points",
    "signature": "What a model takes and gives",
    "metrics": "What was measured, on the same data",
    "dependencies": "Which packages a model needs",
    "runtime": "The Python a model was made with",
    "size": "The bytes of a model",
    "flavors": "Which loaders a model has",
    "execution": "What loading a model runs",
    "tensors": "Which tensors of the weights differ",
    "tags": "Tags, stage and description",
    "card": "The model card",
    "provenance": "Where a model comes from",
}


def render(comparison: Comparison) -> str:
    """The log as JSON text, the same for the same findings."""
    return json.dumps(log(comparison), indent=2, sort_keys=True) + "\n"


def log(comparison: Comparison) -> dict[str, Any]:
    """The log as plain data: one run, one rule a section, one result a finding."""
    rules = [{"id": section, "shortDescription": {"text": _ABOUT[section]}} for section in SECTIONS]
    driver = {"name": "gitmodels", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(comparison)),
        "properties": {"old": comparison.old, "new": comparison.new, "verdict": comparison.verdict.word},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for finding in ordered(comparison.findings):
        message = ": ".join(filter(None, [finding.subject, change(finding), finding.text]))
        path = _place(comparison, finding)
        result = {
            "ruleId": finding.section,
            "ruleIndex": SECTIONS.index(finding.section),
            "level": _LEVELS[finding.verdict],
            "kind": "pass" if finding.verdict is Verdict.OK else "fail",
            "message": {"text": f"{comparison.title}: {message}"},
            "partialFingerprints": {"gitmodels/v1": _fingerprint(comparison, finding)},
        }
        if path:
            result["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": quote(path)}}}]
        yield result
    for part in comparison.parts:
        yield from _results(part)


def _place(comparison: Comparison, finding: Finding) -> str:
    """The file of the registry's branch that a finding is about; empty where there is none."""
    if finding.section == "alias":
        name, _, alias = finding.subject.rpartition("@")
        return layout.alias_file(name, alias)
    if not comparison.model or comparison.number is None:
        return ""
    if finding.section == "tags":
        return layout.meta_file(comparison.model, comparison.number)
    return f"{layout.version_folder(comparison.model, comparison.number)}/{_FILES.get(finding.section, 'version.yaml')}"


def _fingerprint(comparison: Comparison, finding: Finding) -> str:
    """What stays the same while the finding does, wherever it is told."""
    told = [comparison.model, finding.section, finding.subject, str(finding.before), str(finding.after)]
    return digest.of_bytes("\0".join(told).encode("utf-8", "surrogatepass"))[:32]
