"""GitHub Actions: a check with read-only rights, a comment apart from it, and what follows a merge.

No action is used, so none has to be pinned. The comment runs for ``pull_request_target``: its text is that of the
branch the pull request goes to, and it judges the proposal as data, anew, without taking anything over from the check.
"""

from gitmodels.api.ci import steps

REGISTRY = (".github/workflows/gitmodels.yml", ".github/workflows/gitmodels-comment.yml")
CODE = ".github/workflows/gitmodels-code.yml"

_ADDRESS = """\
      REMOTE: ${{ github.server_url }}/${{ github.repository }}
      TOKEN: ${{ github.token }}
      TOKEN_USER: x-access-token
      BRANCH: 'BRANCH_NAME'
"""
_PROPOSED = (
    "      PROPOSED: ${{ github.event_name == 'merge_group' && github.event.merge_group.head_ref"
    " || format('refs/pull/{0}/head', github.event.number) }}\n"
)
_INSTALL = f"""\
      - name: Install
        run: |
{steps.indented(steps.INSTALL, 10)}          echo "$HOME/gitmodels/bin" >> "$GITHUB_PATH"
"""


def _step(name: str, script: str) -> str:
    return f"      - name: {name}\n        run: |\n{steps.indented(script, 10)}"


_MAIN = f"""\
# Written by git models ci init github; see docs/guides/review.md of gitmodels.
name: models
on:
  pull_request:
    branches: ['BRANCH_NAME']
  merge_group:
    branches: ['BRANCH_NAME']
  push:
    branches: ['BRANCH_NAME']
permissions: {{}}
jobs:
  check:
    if: github.event_name != 'push'
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
    env:
{_ADDRESS}{_PROPOSED}    steps:
{_INSTALL}{_step("Fetch", steps.FETCH)}{_step("Check", steps.CHECK)}\
      - name: Show the report
        if: always()
        run: '[ ! -f report.md ] || cat report.md >> "$GITHUB_STEP_SUMMARY"'
  merged:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    timeout-minutes: 20
    concurrency:
      group: gitmodels-merged
      cancel-in-progress: false
    permissions:
      contents: write
    env:
{_ADDRESS}      BEFORE: ${{{{ github.event.before }}}}
      AFTER: ${{{{ github.event.after }}}}
    steps:
{_INSTALL}{_step("Fetch", steps.FETCH)}{_step("Follow the merge", steps.MERGED)}"""

_POST = """\
id=$(gh api --paginate "repos/$REPOSITORY/issues/$NUMBER/comments" --jq \\
  '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith("<!-- gitmodels:report"))) | .id' \
  | head -n 1)
if [ -n "$id" ]; then
  gh api --silent --method PATCH "repos/$REPOSITORY/issues/comments/$id" -F body=@report.md
else
  gh api --silent --method POST "repos/$REPOSITORY/issues/$NUMBER/comments" -F body=@report.md
fi
"""

_COMMENT = f"""\
# Written by git models ci init github. Never add a step here that checks out the pull request or runs anything of it.
name: models, comment
on:
  pull_request_target:
    branches: ['BRANCH_NAME']
permissions: {{}}
jobs:
  comment:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    concurrency:
      group: gitmodels-comment-${{{{ github.event.number }}}}
      cancel-in-progress: true
    permissions:
      contents: read
      pull-requests: write
    env:
{_ADDRESS}      PROPOSED: ${{{{ format('refs/pull/{{0}}/head', github.event.number) }}}}
      NUMBER: ${{{{ github.event.number }}}}
      REPOSITORY: ${{{{ github.repository }}}}
      GH_TOKEN: ${{{{ github.token }}}}
    steps:
{_INSTALL}{_step("Fetch", steps.FETCH)}\
      - name: Report
        continue-on-error: true
        run: |
{steps.indented(steps.CHECK, 10)}{_step("Comment", _POST)}"""

_OF_CODE = f"""\
# Written by git models ci init github --code; see docs/guides/review.md of gitmodels.
name: models in code
on:
  pull_request:
  merge_group:
permissions: {{}}
jobs:
  pins:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
    env:
{_ADDRESS}      COMMIT: ${{{{ github.sha }}}}
    steps:
{_INSTALL}\
      - name: Fetch
        run: |
          git init --quiet .
          git remote add origin "$REMOTE"
          login=$(printf '%s:%s' "$TOKEN_USER" "$TOKEN" | base64 | tr -d '\\n')
          git config http.extraHeader "Authorization: Basic $login"
          git fetch --quiet --no-tags --depth 1 origin "$COMMIT"
          git checkout --quiet FETCH_HEAD
{_step("Pins and models", steps.CODE)}"""


def registry(branch: str, version: str) -> dict[str, str]:
    """The files on the registry's branch."""
    return {path: _filled(text, branch, version) for path, text in zip(REGISTRY, (_MAIN, _COMMENT), strict=True)}


def code(branch: str, version: str) -> dict[str, str]:
    """The files beside code that uses models."""
    return {CODE: _filled(_OF_CODE, branch, version)}


def _filled(text: str, branch: str, version: str) -> str:
    return text.replace("BRANCH_NAME", branch).replace("VERSION", version)
