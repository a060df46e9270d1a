"""What ``--json`` prints of pins and reviews, key by key: the part of ``cli/documents.py`` that review brought.

This room is a table; the documents are made by ``gitmodels.api`` and ``gitmodels.review``.
"""

from gitmodels.cli.keys import Document, Key

_PIN = (
    Key("name", "string", "the registered model"),
    Key("version", "number", "the version that is pinned"),
    Key("model_id", "string", "`m-` and 32 hex digits of its content"),
    Key("manifest", "string", "BLAKE3 of its manifest, 64 hex digits"),
    Key("alias", "string?", "the alias it was found by"),
    Key("registry", "string?", "the address of its registry; null for the one in force"),
    Key(
        "signature",
        "object?",
        "`inputs`, `outputs` and `params`, each a list with one JSON text a column; empty for a model that has none, "
        "null for plain files",
    ),
    Key("accepted", "string?", "why its signature may break who called the version before"),
)

REVIEW: dict[str, Document] = {
    "diff": Document(
        "One object.",
        (
            Key("old", "string", "what A names: a version, a folder, a commit"),
            Key("new", "string", "what B names"),
            Key("verdict", "string", "the gravest there is: `ok`, `note`, `warn` or `BREAK`"),
            Key("counts", "object", "verdict to how many findings bear it, those of the parts too"),
            Key(
                "findings",
                "list of objects",
                "`section`, `verdict`, `subject`, `text`, `before` and `after` (text, number, list or null) of each; "
                "with `--values` `numbers` of weights that changed: `max_abs_difference`, `mean_abs_difference`, "
                "`cosine` (where defined) and `not_finite`, how many elements are left out",
            ),
            Key("parts", "list of objects", "of two commits: for each alias that moved, such an object"),
        ),
    ),
    "log --alias": Document(
        "With `--alias` a list with one object per move of the alias, newest first.",
        (
            Key("commit", "string", "the commit that moved it on the registry branch"),
            Key("time", "string", "when, by that commit's date"),
            Key("author", "string", "who"),
            Key("email", "string", "their address"),
            Key("kind", "string", "the operation, as `log` calls it"),
            Key("from", "number?", "the version it pointed at before; null where it was not set"),
            Key("to", "number?", "the version it points at since"),
            Key("reason", "string?", "why, as it was given"),
            Key("until", "string?", "when it moved on; null while it stands"),
            Key("seconds", "number", "how long it stood, or stands by now"),
            Key("op", "string?", "the id of the operation"),
        ),
    ),
    "at": Document(
        "One object.",
        (
            Key("commit", "string", "the commit at which the registry stood then"),
            Key("name", "string", "the registered model"),
            Key("version", "number", "the version that REF named"),
            Key("model_id", "string", "`m-` and 32 hex digits"),
            Key("manifest", "string", "BLAKE3 of the manifest, 64 hex digits"),
            Key("created", "string", "when the version was registered"),
            Key("author", "string", "who registered it"),
            Key("metrics", "object", "name to final value of its run"),
            Key("reason", "string?", "why the alias stood there, where REF is an alias"),
        ),
    ),
    "blame": Document(
        "A list with one object per fact.",
        (
            Key("fact", "string", "such as `input age long`, `metric auc 0.93`, `needs numpy==2.1.0`"),
            Key("version", "number?", "the version that brought it"),
            Key("time", "string?", "when the alias moved there, or the version was registered"),
            Key("author", "string?", "who did it"),
            Key("commit", "string?", "the commit that moved the alias; null where versions were asked"),
            Key("reason", "string?", "why, as it was given"),
        ),
    ),
    "verify": Document(
        "One object. Nothing is printed of what is not approved.",
        (
            Key("name", "string", "the registered model"),
            Key("alias", "string", "the alias that was verified"),
            Key("version", "number", "the version it points at"),
            Key("manifest", "string", "BLAKE3 of its manifest, 64 hex digits"),
            Key("signers", "list of strings", "who approved it"),
            Key("policy", "string", "the commit whose policy and signers are trusted"),
            Key("taken", "boolean", "whether they were taken over just now"),
            Key("behind", "boolean", "whether the branch has others by now"),
        ),
    ),
    "pin": Document("A list with one object per pin, after what was asked for was done.", _PIN),
    "pin --check": Document(
        "A list with one object per pin. It is printed whatever the exit code.",
        (
            *_PIN,
            Key("state", "string", "`same`, `moved`, `breaking`, `changed`, `deleted` or `unknown`"),
            Key("now", "number?", "where the alias points now; null when it was cleared or is not known"),
            Key(
                "findings",
                "list of objects",
                "what the move would change: `section`, `verdict` (`ok`, `note`, `warn`, `BREAK`), `subject`, `text`",
            ),
            Key("error", "string?", "why it could not be found out"),
        ),
    ),
    "check": Document(
        "One object, as `--report json`.",
        (
            Key("format", "number", "1"),
            Key("outcome", "string", "`passed`, `warned`, `violated` or `not evaluated`: the gravest of all answers"),
            Key("base", "string?", "the commit it goes to"),
            Key("head", "string?", "the commit that is proposed; null for what is staged"),
            Key("policy", "boolean", "whether the base has a policy"),
            Key(
                "moves",
                "list of objects",
                "`model`, `alias`, `before` and `after` (`version` and `manifest`, or null), `protected`, `goes_back`, "
                "and `findings` as `diff` prints them",
            ),
            Key("versions", "list of objects", "the new ones: `name`, `version`, `manifest`"),
            Key(
                "answers",
                "list of objects",
                "`check`, `subject`, `outcome`, `text`, and for the policy's `rule` and `part` (else null)",
            ),
        ),
    ),
    "audit": Document(
        "A list with one object per event, newest first; with `--all` also the moves that no rule protects.",
        (
            Key("kind", "string", "`move`, `policy` or `problem`"),
            Key("subject", "string", "the alias, path or remote it is about"),
            Key("text", "string", "what happened, and what is missing"),
            Key("commit", "string?", "the commit that did it; null for what no single commit did"),
            Key("when", "string?", "the date of that commit, as it says itself"),
            Key("author", "string?", "who wrote it"),
            Key("protected", "boolean", "whether the policy of that day asked for a review"),
            Key("review", "string?", "what shows one: `signed`, `merged`, `committed` by somebody else, or `rollback`"),
            Key("flagged", "boolean", "whether something is not as it should be"),
        ),
    ),
    "policy test": Document(
        "A list with one object per test.",
        (
            Key("name", "string", "what the test is called"),
            Key("holds", "boolean", "whether what was decided is what it expects"),
            Key("decisions", "list of objects", "`rule`, `part`, `outcome` and `text` of each decision"),
        ),
    ),
    "policy explain": Document(
        "One object.",
        (
            Key("subject", "string", "what was asked about"),
            Key("decisions", "list of objects", "`rule`, `part`, `outcome` and `text` of each decision"),
        ),
    ),
}
