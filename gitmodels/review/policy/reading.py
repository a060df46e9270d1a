"""From the bytes of ``policy/policy.yaml`` to a Policy; strict, and closed where anything is in doubt.

This room knows the format, key by key (docs/format/policy.md). An unknown key, an unknown name of a check, a value of
another type, an empty file: each raises NotEvaluated, which is never success.
"""

from typing import Any

from gitmodels import yaml
from gitmodels.errors import InvalidName, InvalidYaml, NotEvaluated
from gitmodels.names import check_alias
from gitmodels.review.policy import rules, units, windows
from gitmodels.review.policy.asked import MAX_ITEMS, Asked
from gitmodels.review.policy.rules import NO_POLICY, POLICY_FILE, Approvals, Policy, Rule, Threshold

FORMAT = 1
_TOP = ("format", "registry", "roles", "rules", "policy_changes")
_RULE = (
    "name",
    "models",
    "aliases",
    "protected",
    "rollback",
    "require",
    "tags",
    "flavors",
    "code_execution",
    "max_size",
    "metrics",
    "from_alias",
    "soak",
    "freeze",
    "approvals",
    "code_branch",
    "signature",
)
# What says something about a move only: a rule for new versions cannot ask it.
_OF_MOVES = ("protected", "rollback", "from_alias", "soak", "approvals", "signature")
_METRIC = ("name", "min", "max", "max_drop", "direction", "dataset", "digest", "source")
_APPROVALS = ("min", "roles", "signers", "not_author")


def read(data: bytes | None) -> Policy:
    """The policy that ``data`` spells; ``NO_POLICY`` where there is no file.

    Raises NotEvaluated for whatever is not as the format says.

    >>> read(b"{format: 1, rules: [{name: live, aliases: champion, protected: true}]}").is_protected("m", "champion")
    True
    """
    if data is None:
        return NO_POLICY
    top = Asked(_loaded(data), POLICY_FILE, _TOP)
    if (found := top.raw("format")) != FORMAT or isinstance(found, bool):
        newer = isinstance(found, int) and found > FORMAT
        hint = "pip install --upgrade gitmodels" if newer else f"write 'format: {FORMAT}'"
        raise NotEvaluated(f"{POLICY_FILE}: this gitmodels reads 'format: {FORMAT}'", hint=hint)
    roles = {_role(top, name): _members(top, name, given) for name, given in top.mapping("roles").items()}
    changes = top.inner("policy_changes", _APPROVALS)
    policy = Policy(
        rules=tuple(_rule(item, roles) for item in top.items("rules", _RULE)),
        roles=roles,
        policy_changes=None if changes is None else _approvals(changes, roles),
        registry=top.optional("registry"),
    )
    names = [rule.name for rule in policy.rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise top.wrong("rules", f"two are called {twice[0]!r}")
    return policy


def _loaded(data: bytes) -> Any:
    try:
        loaded = yaml.load(data, what=POLICY_FILE)
    except InvalidYaml as error:
        raise NotEvaluated(error.message, hint="a policy that cannot be read lets nothing pass: mend it") from None
    if loaded is None:
        raise NotEvaluated(f"{POLICY_FILE}: empty", hint="write 'format: 1' and rules, or remove the file")
    return loaded


def _role(top: Asked, name: str) -> str:
    if not name or len(name) > 100 or not name.isprintable():
        raise top.wrong("roles", "a role has no name that can be shown")
    return name


def _members(top: Asked, name: str, given: Any) -> tuple[str, ...]:
    found = Asked({name: given}, f"{top.where}: roles", (name,)).texts(name)
    return tuple(dict.fromkeys(found or ()))


def _rule(asked: Asked, roles: dict[str, tuple[str, ...]]) -> Rule:
    name = asked.text("name")
    asked.where = f"{POLICY_FILE}: rule {name!r}"
    aliases = asked.texts("aliases") or ()
    if not aliases and (misplaced := [key for key in _OF_MOVES if asked.has(key)]):
        raise asked.wrong(misplaced[0], "asked of moves only: the rule names no aliases")
    tags = {key: _pattern(asked, value) for key, value in asked.mapping("tags").items()}
    signature = asked.inner("signature", ("breaking", "override"))
    override = signature.inner("override", _APPROVALS) if signature is not None else None
    approvals = asked.inner("approvals", _APPROVALS)
    return Rule(
        name=name,
        models=asked.texts("models") or ("*",),
        aliases=aliases,
        protected=asked.flag("protected"),
        free_rollback=asked.choice("rollback", ("review", "free"), "review") == "free",
        require=asked.choices("require", rules.REQUIREMENTS) or (),
        tags=tags,
        flavors=asked.texts("flavors"),
        code_execution=asked.choices("code_execution", rules.CODE_EXECUTION),
        max_size=asked.parsed("max_size", units.size),
        metrics=tuple(_threshold(item, moves=bool(aliases)) for item in asked.items("metrics", _METRIC)),
        from_alias=_alias(asked, "from_alias"),
        soak=_soak(asked),
        freeze=tuple(_window(item) for item in asked.items("freeze", ("from", "until"))),
        approvals=None if approvals is None else _approvals(approvals, roles),
        code_branch=_branch(asked),
        breaking=rules.ALLOW if signature is None else signature.choice("breaking", _ANSWERS, rules.REFUSE),
        override=None if override is None else _approvals(override, roles, needs_reason=True),
    )


_ANSWERS = (rules.ALLOW, rules.WARN, rules.REFUSE)


def _pattern(asked: Asked, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200:
        raise asked.wrong("tags", "each is a pattern for the value: text, '*' for any")
    return value


def _alias(asked: Asked, key: str) -> str | None:
    found = asked.optional(key)
    if found is None:
        return None
    try:
        return check_alias(found)
    except InvalidName as error:
        raise asked.wrong(key, error.message) from None


def _soak(asked: Asked) -> int | None:
    found = asked.parsed("soak", units.span)
    if found is not None and not asked.has("from_alias"):
        raise asked.wrong("soak", "says how long under 'from_alias', which is missing")
    return found


def _branch(asked: Asked) -> str | None:
    found = asked.optional("code_branch")
    if found is not None and (any(c in found for c in " ~^:?*[\\") or found.startswith(("-", "/")) or ".." in found):
        raise asked.wrong("code_branch", "not the name of a branch, such as main or refs/heads/main")
    return found


def _window(asked: Asked) -> windows.Window:
    try:
        return windows.window(asked.text("from"), asked.text("until"))
    except ValueError as error:
        raise asked.wrong("from", str(error)) from None


def _threshold(asked: Asked, *, moves: bool) -> Threshold:
    drop, relative = _drop(asked)
    if drop is not None and not moves:
        raise asked.wrong("max_drop", "asked of moves only: the rule names no aliases")
    found = Threshold(
        name=asked.text("name"),
        minimum=asked.number("min"),
        maximum=asked.number("max"),
        max_drop=drop,
        relative=relative,
        direction=asked.choice("direction", (rules.HIGHER, rules.LOWER), rules.HIGHER),
        dataset=asked.optional("dataset"),
        digest=asked.optional("digest"),
        source=asked.choice("source", (rules.ANY, rules.RUN, rules.EVALUATIONS), rules.ANY),
    )
    if found.minimum is None and found.maximum is None and drop is None:
        raise asked.wrong("name", "one of min, max and max_drop says what is asked of it")
    return found


def _drop(asked: Asked) -> tuple[float | None, bool]:
    found = asked.raw("max_drop")
    if isinstance(found, str) and found.endswith("%"):
        try:
            share = float(found[:-1])
        except ValueError:
            share = -1.0
        if not 0 <= share <= 100:
            raise asked.wrong("max_drop", "a share is such as 2%")
        return share / 100, True
    number = asked.number("max_drop")
    if number is not None and number < 0:
        raise asked.wrong("max_drop", "below zero")
    return number, False


def _approvals(asked: Asked, roles: dict[str, tuple[str, ...]], *, needs_reason: bool = False) -> Approvals:
    found = Approvals(
        minimum=asked.count("min"),
        roles=asked.texts("roles") or (),
        signers=asked.texts("signers") or (),
        not_author=asked.flag("not_author", True),
        needs_reason=needs_reason,
    )
    for role in found.roles:
        if role not in roles:
            raise asked.wrong("roles", f"no role {role[:40]!r} stands under 'roles'")
    members = {*found.signers, *(member for role in found.roles for member in roles[role])}
    if members and len(members) < found.minimum:
        raise asked.wrong("min", f"asks for {found.minimum}, but only {len(members)} can sign")
    if len(members) > MAX_ITEMS:
        raise asked.wrong("roles", f"more than {MAX_ITEMS} who can sign")
    return found
