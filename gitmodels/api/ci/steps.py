"""The shell scripts that every host runs: bring the registry's branch, judge a proposal, follow a merge.

They run in plain ``sh``. Nothing is checked out: commits are fetched into a bare repository, as data.
"""

# REMOTE is the address, BRANCH the registry's branch, PROPOSED the ref that is judged.
FETCH = """\
git init --quiet --bare registry.git
cd registry.git
git remote add origin "$REMOTE"
if [ -n "$TOKEN" ]; then
  git config http.extraHeader "Authorization: Basic $(printf '%s:%s' "$TOKEN_USER" "$TOKEN" | base64 | tr -d '\\n')"
fi
git config gitmodels.branch "$BRANCH"
git fetch --quiet --no-tags origin "+refs/heads/$BRANCH:refs/heads/$BRANCH" \\
  "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH"
"""

CHECK = """\
cd registry.git
git fetch --quiet --no-tags origin "+$PROPOSED:refs/proposed/head"
code=0
git models check --base "refs/remotes/origin/$BRANCH" --head refs/proposed/head --merge-result --report md \\
  > ../report.md || code=$?
cat ../report.md
exit "$code"
"""

# BEFORE and AFTER are the commits that a push moved the branch between; all zeros for a branch that is new.
MERGED = """\
cd registry.git
git models rebuild --push origin
code=0
case "$BEFORE" in
  *[!0]*) git models check --base "$BEFORE" --head "$AFTER" || code=$? ;;
esac
# Looked at whatever the check found; its own verdict counts where the check had none to give.
git models audit || [ "$code" -ne 0 ] || code=$?
exit "$code"
"""

INSTALL = """\
python3 -m venv "$HOME/gitmodels"
"$HOME/gitmodels/bin/pip" install --quiet 'gitmodels>=VERSION' 'pandas>=2.2'
"""

# In a clone of the code, with the registry's branch fetched: what is pinned, and the models that are tracked.
CODE = """\
git fetch --quiet --no-tags origin "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH"
git ls-files -z -- models.lock '*MLmodel' | xargs -0 -r git models hook validate
git ls-files -z -- models.lock '*MLmodel' | xargs -0 -r git models hook signature
code=0
git models pin --check || code=$?
# An alias that moved on is no error of this change.
[ "$code" -le 1 ] || exit "$code"
"""


def indented(script: str, columns: int) -> str:
    r"""``script`` as a block of YAML that many columns in.

    >>> indented("a\n\nb\n", 2)
    '  a\n\n  b\n'
    """
    return "".join(f"{' ' * columns}{line}".rstrip(" ") + "\n" for line in script.splitlines())
