"""What a server's refusal means: git's words, and those of hosts, sorted into kinds that a program can act upon.

This room knows texts (of git under ``LC_ALL=C``, and of the hosts people use) and no command. A kind is the field
``kind`` of a RemoteError:

    protected           the branch may not be pushed to: it is protected, or a hook declined
    ref-refused         the host takes no refs of this name, but for branches and tags
    no-atomic           the server cannot change several refs together
    authentication      no credentials, wrong ones, or ones that may not do this
    unreachable         no connection: name, network, certificate, host key, or the server is down
    timeout             nothing was heard for ten minutes
    format              ids are made otherwise there: one repository is of SHA-256, the other of SHA-1
    no-repository       there is no git repository at that address (a login page, a web site, a typing error)
    no-ref              the repository has no ref of that name
    no-object           the server does not have, or does not hand out, an object asked for
    damaged             the server's own repository is damaged: objects are lost there, or cannot be read
    no-filter           the server does not filter objects the way it was asked to
    shallow             the server takes nothing from a shallow clone
    too-large           the server takes no file, or no push, of this size
    full                no space is left on the server
    interrupted         the connection ended in the middle
    failed              anything else

A race that was lost is no RemoteError but RefChanged, and so is a ref that was left alone because another one of the
same push was refused.
"""

from gitmodels.errors import GitModelsError, RefChanged, RemoteError
from gitmodels.patterns import pattern
from gitmodels.uris import without_credentials

_CONTROL = pattern(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LONGEST = 300
# git says so whatever went wrong.
_ADVICE = "Please make sure you have the correct access rights\nand the repository exists."

RACED = "raced"
UNKNOWN = "unknown"
TOGETHER = "together"

# The first that is found in git's words counts, so what tells more stands first.
_KINDS = (
    ("no-atomic", r"does not support --atomic"),
    ("format", r"mismatched algorithms|does not support this repository's hash algorithm"),
    ("too-large", r"GH001|exceeds .{0,40}(file size|size) limit|returned error: 413|Request Entity Too Large"
                  r"|exceed.{0,30}(quota|maximum allowed size)|pack exceeds maximum allowed size"),
    ("full", r"No space left on device|insufficient (disk )?space|Disk quota exceeded"),
    ("shallow", r"shallow update not allowed|new shallow roots|dumb http transport does not support shallow"
                r"|attempt to fetch/clone from a shallow repository"),
    ("no-filter", r"filter '[^']*' not supported|filtering not recognized|invalid filter-spec"
                  r"|unexpected line: 'filter"),
    ("damaged", r"possible repository corruption|bad (tree|commit|blob) object|bad object refs/|(is|are) corrupt\b"),
    ("no-object", r"not our ref|unadvertised object|remote did not send|missing necessary objects"),
    ("no-ref", r"couldn't find remote ref|no matching remote head|Could not find remote branch"),
    ("authentication", r"Authentication failed|could not read (Username|Password)|terminal prompts disabled"
                       r"|Permission (to \S+ )?denied|denied to deploy key|returned error: 40[13]|Access denied"
                       r"|HTTP Basic|Invalid username or (password|token)|not granted|marked as read.only"
                       r"|service not enabled|You are not allowed to (push|upload|download) (code )?(to|from) this proj"
                       r"|read.only (token|deploy key|access)|insufficient (scope|permission)"),
    ("interrupted", r"RPC failed|client_loop|closed by remote host|unexpected disconnect"),
    ("unreachable", r"Could not resolve|Couldn't resolve|unable to look up|Failed to connect|unable to connect"
                    r"|Connection refused|Network is unreachable|No route to host|timed out|SSL certificate"
                    r"|certificate (verification|verify) failed|Host key verification failed|Connection closed by"
                    r"|kex_exchange|Couldn't connect|proxy"),
    ("no-repository", r"not valid: is this a git repository|does not appear to be a git repository|not a git repository"
                      r"|[Rr]epository .{0,300}not (found|exported)|access denied or repository not exported"
                      r"|[Nn]o such repository|returned error: 404|git-http-push failed|not found: did you run"
                      r"|invalid server response|protocol error: bad line length|unable to update url base"),
    ("unreachable", r"returned error: 5\d\d"),
    ("interrupted", r"hung up|early EOF|Broken pipe|Connection reset|Recv failure|transfer closed"
                    r"|remote failed to report|unexpected EOF|protocol error|expected flush"),
    ("unreachable", r"Could not read from remote repository"),
)  # fmt: skip
# Kinds at which a push may have been received all the same.
_AFTER_SENDING = frozenset({"interrupted", "timeout", "failed"})

_HINTS = {
    "protected": "push through a pull request, or ask who runs the host to let you push to this branch",
    "ref-refused": "the host takes branches and tags only: keep objects on another remote and publish the branch alone",
    "no-atomic": "push the branch first and the other refs after it",
    "authentication": "see that your token or key may do this: `git push --dry-run` with the same remote uses them too",
    "unreachable": "see that address, network, proxy and certificate are right; what is here can be used without",
    "timeout": "see that the server lives, then do the same again",
    "format": "commits cannot pass between SHA-1 and SHA-256: clone that repository, and register there",
    "no-repository": "see that the address is right and you may read it; a login page looks like this too",
    "no-ref": "see `git ls-remote` for the refs that are there",
    "no-object": "the server may have been cleaned up, or hands out the tips of refs only: fetch again",
    "damaged": "run git fsck there; packs of models are put back by git models fsck --repair --remote NAME",
    "no-filter": "fetch without a filter",
    "shallow": "run git fetch --unshallow, then do the same again",
    "too-large": "keep objects on another remote: object storage or a directory",
    "full": "free space on the server, or keep objects on another remote",
    "interrupted": "do the same again: what was sent already is not sent twice",
    "failed": "",
}
_BEFORE = {
    "authentication": "refuses",
    "unreachable": "cannot be reached",
    "format": "has ids of another kind than this repository",
    "no-repository": "is no git repository",
    "interrupted": "broke the connection",
}

_RACES = pattern(
    r"non-fast-forward|fetch first|stale info|needs force|already exists|remote ref updated since checkout"
    r"|cannot lock ref|failed to lock|failed to update ref|incorrect old value|is at [0-9a-f]+ but expected"
    r"|cannot update (the )?ref|unable to (create|resolve) .{0,300}(\.lock|reference)|failed to delete"
)
_REFUSED_REF = pattern(
    r"hidden ref|funny refname|refusing to create|reserved (ref|name)|ref ?name|not a valid ref|deny"
)
_DECLINED = pattern(
    r"hook declined|protected|GH006|GH013|not allowed|rule violations|prohibited|TF40\d+|not permitted"
    r"|pull request|merge request|checked out|declined"
)
_TELLING = pattern(r"fatal:|error:|ERROR:|remote: ?(error|fatal|ERROR|GitLab|GH\d|Permission)")


def clean(text: str) -> str:
    r"""``text`` from a server or git without terminal codes and without the credentials in its addresses.

    >>> clean("fatal: https://ann:secret@example.org/x: \x1b[31mno")
    'fatal: https://example.org/x: no'
    """
    return without_credentials(_CONTROL.sub("", text))


def failure(words: str, *, remote: str, pushing: bool = False, silent: bool = False) -> RemoteError:
    """The error for a git that failed as a whole with ``words`` on stderr, and whether a push may have arrived.

    ``silent`` says that it was stopped because nothing was heard of it.
    """
    text = clean(words)
    kind = "timeout" if silent else _kind(text)
    unknown = pushing and kind in _AFTER_SENDING
    name = clean(remote)[:200]
    opening = f"the remote {name} {_BEFORE[kind]}" if kind in _BEFORE else f"the remote {name}"
    reason = "nothing was heard for ten minutes" if silent else last_words(text)
    hint = _HINTS[kind]
    if unknown:
        hint = "it may have arrived all the same: fetch, look, and only then do it again"
    return RemoteError(f"{opening}: {reason}", hint=hint, kind=kind, outcome_unknown=unknown)


def kind_of_refusal(ref: str, reason: str, words: str) -> str:
    """What it means that ``ref`` was not changed, for the ``reason`` git gives; ``words`` are those of hooks."""
    text = clean(reason)
    if "atomic" in text:
        return TOGETHER
    if "remote failed to report" in text:
        return UNKNOWN
    # git itself compares before it sends; a server that says this of what was compared has it as a rule.
    is_rule = text.startswith("[remote rejected]") and "non-fast-forward" in text
    if _RACES.search(text) and not is_rule:
        return RACED
    for kind in ("shallow", "too-large", "full", "damaged"):
        if _kind(f"{text}{clean(words)}") == kind:
            return kind
    if is_rule or _REFUSED_REF.search(text) or _DECLINED.search(text):
        return "protected" if ref.startswith("refs/heads/") else "ref-refused"
    return _kind(text)


def refusal(ref: str, kind: str, reason: str, words: str) -> GitModelsError:
    """The error for one ref that the server did not change."""
    said = [line.removeprefix("remote:").strip() for line in clean(words).splitlines() if line.startswith("remote:")]
    told = next((line for line in said if line.strip("-=* ")), "")
    reason = clean(reason)[:_LONGEST] + (f" ({told[:_LONGEST]})" if told else "")
    if kind == RACED:
        return RefChanged(
            f"{ref} was changed by somebody else meanwhile: {reason}", hint="fetch, then do the same again", ref=ref
        )
    if kind == TOGETHER:
        return RefChanged(
            f"{ref} was left as it is, because another ref of the same push was refused: {reason}",
            hint="see to the other ref first",
            ref=ref,
        )
    if kind == UNKNOWN:
        return RemoteError(
            f"{ref}: the connection ended before the server said whether it was changed",
            hint="it may have arrived all the same: fetch, look, and only then do it again",
            kind="interrupted",
            outcome_unknown=True,
            ref=ref,
        )
    opening = {"protected": f"{ref} is protected", "ref-refused": f"the host refuses {ref}"}.get(kind, ref)
    return RemoteError(f"{opening}: {reason}", hint=_HINTS[kind], kind=kind, ref=ref)


def last_words(stderr: str) -> str:
    """The line of git's words that tells most, cleaned and cut."""
    lines = [line.strip() for line in clean(stderr).splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.match(line) and "hung up unexpectedly" not in line]
    vague = "Could not read from remote repository"
    # ssh's and the server's own words stand before git's, which then only says that it failed.
    found = [line for line in telling if vague not in line] or [
        line for line in lines if vague not in line and not line.startswith(("Please make sure", "and the repository"))
    ]
    return (found or lines or ["no reason given"])[-1][:_LONGEST]


def _kind(text: str) -> str:
    text = text.replace(_ADVICE, "")
    return next((kind for kind, found in _KINDS if pattern(found).search(text)), "failed")


def rejected_here(words: str) -> RefChanged | None:
    """The error for a fetch that would have moved a ref back, or None when it failed for another reason."""
    line = next((line for line in clean(words).splitlines() if line.startswith(" ! [rejected]")), None)
    if line is None:
        return None
    return RefChanged(
        f"the remote's history was changed: {' '.join(line.split())[:_LONGEST]}",
        hint="nothing was changed here; ask who changed it before you take it over",
    )
