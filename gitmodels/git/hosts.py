"""Git hosts: what kind of one an address belongs to, and how a pull request is opened there.

This room turns addresses into commands and web pages. It starts nothing, and asks no host anything.
"""

from urllib.parse import quote, urlsplit

from gitmodels.patterns import pattern
from gitmodels.values import frozen

KINDS = ("github", "gitlab", "gitea", "bitbucket")

_SCP_LIKE = pattern(r"(?:[^@/]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:]+)")
_PATH = pattern(r"[A-Za-z0-9_.~-]+(/[A-Za-z0-9_.~-]+)+")
_HOST = pattern(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_KNOWN = (
    ("github", ("github",)),
    ("gitlab", ("gitlab",)),
    ("bitbucket", ("bitbucket",)),
    ("gitea", ("gitea", "forgejo", "codeberg")),
)


@frozen
class Project:
    """A repository ``path`` (``team/models``) on ``host``, which is of the kind ``kind``, one of KINDS."""

    kind: str
    host: str
    path: str


@frozen
class Request:
    """A pull request to be opened: from branch ``head`` into branch ``base``, with a title and a text."""

    head: str
    base: str
    title: str
    body: str


def project(address: str, kind: str | None = None) -> Project | None:
    """The project at ``address``, of ``kind`` where that was said; None where no host of a known kind is.

    >>> project("git@github.com:team/models.git")
    Project(kind='github', host='github.com', path='team/models')
    >>> project("https://ann:secret@gitlab.example.org/a/b/models.git").path
    'a/b/models'
    >>> project("/srv/models.git") is None, project("file:///srv/github/models.git") is None
    (True, True)
    """
    host, path = _place(address)
    path = path.strip("/").removesuffix(".git")
    # Nothing that is not plain: both end up in commands and in addresses.
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(path) or path.startswith("-"):
        return None
    name = host.lower()
    found = kind if kind in KINDS else next((one for one, words in _KNOWN if any(word in name for word in words)), None)
    return Project(found, host, path) if found is not None else None


def command(project: Project, request: Request) -> list[str] | None:
    """The command line that opens the pull request; None where there is no program for that kind of host."""
    if project.kind == "github":
        return [
            "gh", "pr", "create", "--repo", f"{project.host}/{project.path}", "--head", request.head,
            "--base", request.base, "--title", request.title, "--body", request.body,
        ]  # fmt: skip
    if project.kind == "gitlab":
        return [
            "glab", "mr", "create", "--repo", f"https://{project.host}/{project.path}", "--source-branch", request.head,
            "--target-branch", request.base, "--title", request.title, "--description", request.body, "--yes",
        ]  # fmt: skip
    return None


def page(project: Project, request: Request) -> str:
    """The page on which a person opens it.

    >>> page(Project("github", "github.com", "team/models"), Request("promote/fraud-8-prod", "gitmodels", "", ""))
    'https://github.com/team/models/compare/gitmodels...promote/fraud-8-prod?expand=1'
    """
    top, head, base = f"https://{project.host}/{project.path}", quote(request.head), quote(request.base)
    if project.kind == "github":
        return f"{top}/compare/{base}...{head}?expand=1"
    if project.kind == "gitlab":
        branches = f"merge_request[source_branch]={quote(request.head, '')}&merge_request[target_branch]="
        return f"{top}/-/merge_requests/new?{branches.replace('[', '%5B').replace(']', '%5D')}{quote(request.base, '')}"
    if project.kind == "bitbucket":
        return f"{top}/pull-requests/new?source={quote(request.head, '')}&dest={quote(request.base, '')}"
    return f"{top}/compare/{base}...{head}"


def _place(address: str) -> tuple[str, str]:
    """Host and path of an address; a port is left out where it is that of ssh."""
    if "://" in address:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https", "ssh", "git"):
            return "", ""
        port = f":{parts.port}" if parts.scheme in ("http", "https") and parts.port else ""
        return f"{parts.hostname or ''}{port}", parts.path
    match = _SCP_LIKE.fullmatch(address)
    return (match["host"], match["path"]) if match else ("", "")
