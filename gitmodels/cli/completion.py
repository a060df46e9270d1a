"""``git models completion``: the script that makes a shell complete models, aliases and versions at a TAB."""

import click

from gitmodels.cli.main import COMPLETING
from gitmodels.cli.options import Call, writing

_BASH = """\
# git models, git-models and gitmodels: completion for bash.
_git_models_words() {
    local line="${COMP_LINE:0:COMP_POINT}" kind value help word keep i
    # What readline takes for the word begins behind the last of these, and with an @ itself; so has the answer to.
    word="${line##*[[:space:]]}"
    keep=""
    for ((i = 0; i < ${#word}; i++)); do
        [[ "$COMP_WORDBREAKS" == *"${word:i:1}"* ]] && keep="${word:0:i+1}" && keep="${keep%@}"
    done
    COMPREPLY=()
    while IFS=$'\\t' read -r kind value help; do
        case "$kind" in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plain)
                value="${value#"$keep"}"
                [[ "$value" == *[!a-zA-Z0-9@/:=._+%,-]* ]] && printf -v value '%q' "$value"
                COMPREPLY+=("$value") ;;
        esac
    done < <(@VARIABLE@=line git-models "$line" 2>/dev/null)
    # git's own completion asks for no space behind a word.
    case "${COMPREPLY[0]}" in *[@/:=]) compopt -o nospace ;; *) compopt +o nospace ;; esac
}
# git's own completion calls this one for `git models`.
_git_models() { _git_models_words; }
complete -o nosort -F _git_models_words git-models gitmodels 2>/dev/null ||
    complete -F _git_models_words git-models gitmodels
"""

_ZSH = """\
#compdef git-models gitmodels
# git models, git-models and gitmodels: completion for zsh.
_git-models() {
    local kind value help
    local -a values shown
    while IFS=$'\\t' read -r kind value help; do
        case "$kind" in
            file) _files ;;
            dir) _files -/ ;;
            plain)
                values+=("$value")
                shown+=("$value${help:+  -- $help}") ;;
        esac
    done < <(@VARIABLE@=words git-models "${(@Q)words[1,CURRENT]}" 2>/dev/null)
    (( ${#values} )) && compadd -V git-models -l -d shown -a values
    return 0
}
if [ "${funcstack[1]}" = "_git-models" ]; then
    _git-models "$@"
elif (( $+functions[compdef] )); then
    compdef _git-models git-models gitmodels
fi
"""

_FISH = """\
# git models, git-models and gitmodels: completion for fish.
function __git_models_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (env @VARIABLE@=words git-models $words 2>/dev/null)
        set -l parts (string split \\t -- $line)
        switch $parts[1]
            case file
                __fish_complete_path (commandline -ct)
            case dir
                __fish_complete_directories (commandline -ct)
            case plain
                printf '%s\\t%s\\n' $parts[2] $parts[3]
        end
    end
end
function __git_models_asked
    set -l words (commandline -opc)
    contains -- models $words[2..]
end
complete -c git-models -f -a '(__git_models_complete)'
complete -c gitmodels -f -a '(__git_models_complete)'
complete -c git -f -n __git_models_asked -a '(__git_models_complete)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command()
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@writing
def completion(call: Call, shell: str) -> None:
    """Print the script that completes commands, options, models, aliases and versions in SHELL.

    bash: git models completion bash > ~/.local/share/bash-completion/completions/git-models

    zsh: git models completion zsh > "${fpath[1]}/_git-models"

    fish: git models completion fish > ~/.config/fish/conf.d/git-models.fish

    Both git models and git-models are completed, from the next shell on.
    """
    call.out.paragraph(SCRIPTS[shell].replace("@VARIABLE@", COMPLETING).rstrip("\n"))
