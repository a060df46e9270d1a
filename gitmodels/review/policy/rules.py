"""What a policy says, as values. A policy is rules; a rule names models and aliases and what is asked of them.

This room knows no YAML and no facts. Every rule that matches is asked, so a rule can only add to what others ask: no
wide rule is weakened by a narrow one.
"""

from gitmodels.registry.layout import POLICY_FILE as POLICY_FILE
from gitmodels.review.policy.globs import matches_any
from gitmodels.review.policy.windows import Window
from gitmodels.values import field, frozen

SIGNERS_FILE = "policy/allowed_signers"
TESTS_FOLDER = "policy/tests"

# What `require` may name.
REQUIREMENTS = ("signature", "example", "card", "pinned-dependencies", "code-commit")
CODE_EXECUTION = ("none", "pickle", "python-code", "remote-code")
HIGHER, LOWER = "higher", "lower"
ANY, RUN, EVALUATIONS = "any", "run", "evaluations"
ALLOW, WARN, REFUSE = "allow", "warn", "refuse"


@frozen
class Approvals:
    """How many must have signed, and who counts: ``signers`` and the members of ``roles``; with neither, every signer.

    ``needs_reason``: only a signature that gives a reason counts.
    """

    minimum: int
    roles: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    not_author: bool = True
    needs_reason: bool = False


@frozen
class Threshold:
    """What one metric has to be: at least, at most, and by how much it may be worse than the version before.

    ``max_drop`` is absolute, or a share of the former value where ``relative``. ``dataset`` and ``digest`` name the
    data it was measured on; ``source`` who measured it.
    """

    name: str
    minimum: float | None = None
    maximum: float | None = None
    max_drop: float | None = None
    relative: bool = False
    direction: str = HIGHER
    dataset: str | None = None
    digest: str | None = None
    source: str = ANY


@frozen
class Rule:
    """One rule. Without ``aliases`` it holds for every new version of its models, with them for moves of these."""

    name: str
    models: tuple[str, ...] = ("*",)
    aliases: tuple[str, ...] = ()
    protected: bool = False
    free_rollback: bool = False
    require: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    flavors: tuple[str, ...] | None = None
    code_execution: tuple[str, ...] | None = None
    max_size: int | None = None
    metrics: tuple[Threshold, ...] = ()
    from_alias: str | None = None
    soak: int | None = None
    freeze: tuple[Window, ...] = ()
    approvals: Approvals | None = None
    code_branch: str | None = None
    breaking: str = ALLOW
    override: Approvals | None = None

    def holds_for(self, model: str, alias: str | None) -> bool:
        """Whether it is asked about a move of ``alias`` of ``model``, or, with None, about a new version of it."""
        if not matches_any(self.models, model):
            return False
        return not self.aliases if alias is None else matches_any(self.aliases, alias)


@frozen
class Policy:
    """All rules in the order of the file, who belongs to which role, and who has to approve another policy.

    ``given`` is False where the registry has no policy. ``registry`` is the name that signed approvals have to give,
    so that one for another registry does not count; None where any counts.
    """

    rules: tuple[Rule, ...] = ()
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    policy_changes: Approvals | None = None
    given: bool = True
    registry: str | None = None

    def matching(self, model: str, alias: str | None) -> tuple[Rule, ...]:
        """The rules that hold for a move of ``alias`` of ``model``, or for a new version where ``alias`` is None."""
        return tuple(rule for rule in self.rules if rule.holds_for(model, alias))

    def is_protected(self, model: str, alias: str) -> bool:
        """Whether moves of this alias go through review."""
        return any(rule.protected for rule in self.matching(model, alias))

    def directions(self, model: str) -> dict[str, str]:
        """Which way metrics of ``model`` are better, by name, where a rule compares them: ``higher`` or ``lower``."""
        rules = [rule for rule in self.rules if matches_any(rule.models, model)]
        asked = [one for rule in rules for one in rule.metrics if one.max_drop is not None or one.direction == LOWER]
        return {one.name: one.direction for one in asked}

    def members(self, approvals: Approvals) -> frozenset[str] | None:
        """Whose signatures count; None where everybody's does whom ``policy/allowed_signers`` names."""
        if not approvals.roles and not approvals.signers:
            return None
        named = [member for role in approvals.roles for member in self.roles.get(role, ())]
        return frozenset([*approvals.signers, *named])


NO_POLICY = Policy(given=False)
