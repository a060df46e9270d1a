"""GitLab CI: the same jobs in ``.gitlab-ci.yml`` of the registry's branch, and a file to include beside code.

A merge request's pipeline runs the file of its own branch. Who may not change it is said in GitLab's own settings;
tokens are variables that only protected branches see, but for one that may comment and nothing else.
"""

from gitmodels.api.ci import steps

REGISTRY = ".gitlab-ci.yml"
CODE = ".gitlab/gitmodels-code.yml"


def _script(*scripts: str) -> str:
    return "".join(f"    - |\n{steps.indented(script, 6)}" for script in scripts)


_INSTALL = steps.INSTALL + 'export PATH="$HOME/gitmodels/bin:$PATH"\n'
_HOME = 'cd "$CI_PROJECT_DIR"\n'
_POST = """\
curl --silent --show-error --fail --request POST --header "PRIVATE-TOKEN: $GITMODELS_COMMENT_TOKEN" \\
  --data-urlencode "body@report.md" \\
  "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" > /dev/null
"""

_MAIN = f"""\
# Written by git models ci init gitlab; see docs/guides/review.md of gitmodels.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "BRANCH_NAME"
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "BRANCH_NAME"
default:
  image: python:3.12
variables:
  GIT_STRATEGY: none
  BRANCH: BRANCH_NAME
  REMOTE: $CI_REPOSITORY_URL
  TOKEN: ''
  TOKEN_USER: ''
check:
  timeout: 20 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    PROPOSED: refs/merge-requests/$CI_MERGE_REQUEST_IID/head
  script:
{_script(_INSTALL, steps.FETCH, _HOME + steps.CHECK)}\
comment:
  timeout: 20 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event" && $GITMODELS_COMMENT_TOKEN
  variables:
    PROPOSED: refs/merge-requests/$CI_MERGE_REQUEST_IID/head
  allow_failure: true
  script:
{_script(_INSTALL, steps.FETCH, _HOME + "(" + steps.CHECK.rstrip() + ") || true" + chr(10), _HOME + _POST)}\
merged:
  timeout: 20 minutes
  resource_group: gitmodels
  rules:
    - if: $CI_PIPELINE_SOURCE == "push"
  variables:
    BEFORE: $CI_COMMIT_BEFORE_SHA
    AFTER: $CI_COMMIT_SHA
    # A project token that may write the repository; protect it. The job's own token may not push.
    REMOTE: $CI_PROJECT_URL.git
    TOKEN: $GITMODELS_PUSH_TOKEN
    TOKEN_USER: gitmodels
  script:
{_script(_INSTALL, steps.FETCH, _HOME + steps.MERGED)}"""

_OF_CODE = f"""\
# Written by git models ci init gitlab --code: include it in .gitlab-ci.yml.
models-in-code:
  image: python:3.12
  timeout: 20 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    BRANCH: BRANCH_NAME
  script:
{_script(_INSTALL, steps.CODE)}"""


def registry(branch: str, version: str) -> dict[str, str]:
    """The files on the registry's branch."""
    return {REGISTRY: _filled(_MAIN, branch, version)}


def code(branch: str, version: str) -> dict[str, str]:
    """The files beside code that uses models."""
    return {CODE: _filled(_OF_CODE, branch, version)}


def _filled(text: str, branch: str, version: str) -> str:
    return text.replace("BRANCH_NAME", branch).replace("VERSION", version)
