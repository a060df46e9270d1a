"""What ``--json`` prints, key by key: the promise that programs may rely on. New keys may come, none goes or changes.

This room is a table; the documents are made by ``gitmodels.api``, and a test holds the two together.
"""

from gitmodels.cli.keys import Document as Document
from gitmodels.cli.keys import Key as Key
from gitmodels.cli.review_documents import REVIEW

_VERSION = (
    Key("name", "string", "the registered model"),
    Key("version", "number", "the number of the version"),
    Key("model_id", "string", "`m-` and 32 hex digits: the same content has the same id"),
    Key("manifest", "string", "BLAKE3 of the manifest, 64 hex digits"),
    Key("aliases", "list of strings", "the aliases that point here"),
    Key("status", "string", "`ready` or `deleted`"),
    Key("stage", "string", "`None`, `Staging`, `Production` or `Archived`"),
    Key("description", "string?", "what people wrote of it"),
    Key("reason", "string?", "why it was deleted"),
    Key("tags", "object", "key to value, strings"),
    Key("created", "string", "when it was registered"),
    Key("author", "string", "who registered it"),
    Key("email", "string", "their address"),
    Key("size", "number", "bytes of all files"),
    Key("flavors", "list of strings", "what can load it; empty for plain files"),
    Key("code_execution", "string", "`none`, `pickle`, `python-code` or `remote-code`: what loading runs"),
    Key("run_id", "string?", "the run it came from"),
    Key("run_name", "string?", "that run's name"),
    Key("metrics", "object", "name to final value"),
    Key("published", "boolean?", "whether the remote-tracking branch has it; null where there is none"),
)
_RENUMBERED = Key(
    "renumbered",
    "list of objects",
    "the versions that got other numbers: `name`, `version`, and `now` with `name` and `version`",
)
_EVALUATIONS = Key(
    "evaluations",
    "list of objects",
    "what was measured after it was registered, oldest first: `id`, `time`, `author`, `metrics` (name to value), "
    "`dataset` (`name`, `digest`, `blake3`, `rows`, `target` where known; or null), `run_id` (or null), `description` "
    "(or null) and `code`",
)
_MODEL = (
    Key("name", "string", "the registered model"),
    Key("description", "string?", "what people wrote of it"),
    Key("tags", "object", "key to value, strings"),
    Key("created", "string", "when the name was registered"),
    Key("updated", "string", "when the model, or its newest version, changed last"),
    Key("latest", "number?", "the highest version there is"),
    Key("versions", "number", "how many there are"),
    Key("aliases", "object", "alias to version"),
    Key("flavors", "list of strings", "of the latest version"),
    Key("size", "number?", "bytes of the latest version"),
    Key("unpublished", "number?", "how many versions the remote-tracking branch lacks; null where there is none"),
)
_RUN = (
    Key("run_id", "string", "32 hex digits"),
    Key("name", "string", "what it is called"),
    Key("experiment", "string", "the label it shares with others"),
    Key("experiment_id", "string", "the id that follows from the label"),
    Key("status", "string", "`RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`"),
    Key("started", "string", "when it began"),
    Key("ended", "string?", "when it ended; null while it goes on"),
    Key("user", "string", "who started it"),
    Key("deleted", "boolean", "whether it is marked as deleted"),
    Key("metrics", "object", "name to last value"),
    Key("params", "object", "name to value, strings"),
    Key("tags", "object", "key to value, strings"),
    Key("models", "list of objects", "`name` and `model_id` of each model it logged"),
    Key("code", "object", "`commit`, `branch` and `dirty` of what was checked out, where known"),
)
_STEPS = (
    "A list with one object per step: its `kind` (`version`, `alias` …), the `name` of the model, its `version` or "
    "null, `text` in words, and whether it was `done`: false in a dry run, and of what was left out."
)
_DAMAGED = "A record that cannot be read has only what names it, and `error`."

DOCUMENTS: dict[str, Document] = {
    "ls": Document(
        f"Without NAME a list with one object per model. {_DAMAGED}",
        _MODEL,
    ),
    "ls NAME": Document(
        f"With NAME a list with one object per version, deleted ones too. {_DAMAGED}", (*_VERSION, _EVALUATIONS)
    ),
    "show": Document(
        "One object.",
        (
            *_VERSION,
            _EVALUATIONS,
            Key("files", "list of objects", "`path`, `size` and `blake3` of each file"),
            Key("here", "boolean", "whether all bytes are in the store of this clone"),
            Key("signature", "object", "`inputs`, `outputs` and `params`, each a list of strings, where known"),
            Key("params", "object", "the params of its run"),
            Key("code", "object", "`commit`, `branch` and `dirty` of what was checked out, where known"),
            Key("source", "string?", "what was registered"),
            Key("requirements", "list of strings", "the lines of its requirements.txt"),
            Key("card", "string?", "the version's README.md, else the card written for its model"),
            Key(
                "alias_history",
                "object",
                "for each alias here: `reason`, `previous` (a version or null), `op`, `since`, `by` "
                "(null when long ago)",
            ),
        ),
    ),
    "log": Document(
        "A list with one object per operation, newest first.",
        (
            Key("commit", "string", "the commit on the registry branch"),
            Key("time", "string", "when"),
            Key("author", "string", "who"),
            Key("email", "string", "their address"),
            Key(
                "kind",
                "string",
                "`register`, `alias`, `rollback`, `tag` …; `init` for the root commit, `other` for commits by hand",
            ),
            Key("model", "string?", "the registered model"),
            Key("version", "number?", "the version it is about"),
            Key("subject", "string", "the first line of the commit"),
            Key("arguments", "object", "what the operation was asked"),
            Key("reason", "string?", "why, as it was given"),
            Key("op", "string?", "the id of the operation"),
            Key("published", "boolean?", "whether the remote-tracking branch has it; null where there is none"),
        ),
    ),
    "status": Document(
        "One object.",
        (
            Key("repository", "string", "the folder of the work tree, or of the bare repository"),
            Key("branch", "string", "the registry's branch"),
            Key("commit", "string?", "the registry's newest commit; null where there is no registry"),
            Key("models", "number", "how many models there are"),
            Key("versions", "number", "how many versions there are"),
            Key("remote", "string", "the remote whose registry is followed"),
            Key("remote_commit", "string?", "where the remote-tracking branch is; null where there is none"),
            Key("ahead", "number?", "how many operations it lacks; null where there is none"),
            Key("behind", "number?", "how many commits of it are not here; null where there is none"),
            Key(
                "unpublished", "list of objects", "the newest ten operations it lacks, as in `log` but for `published`"
            ),
            Key("active_runs", "list of objects", "`run_id` and `name` of the runs that go on"),
            Key("left_runs", "list of objects", "`run_id` and `name` of the runs whose process was killed"),
            Key("trust", "string?", "as `level` of `trust`"),
            Key("trusted", "number", "how many models were allowed one by one"),
            Key("store", "string", "the folder of the object store"),
            Key("stored", "number", "bytes of its packs"),
            Key(
                "directory",
                "object?",
                "which model a folder is: `path`, `name`, `version`, and `changes` with `path` and `change` of "
                "each file that differs (`modified`, `removed`, `added`); null where no folder was looked at",
            ),
        ),
    ),
    "alias ls": Document("One object: alias to version."),
    "tag ls": Document("One object: key to value."),
    "trust": Document(
        "One object.",
        (
            Key("level", "string?", "`all`, `approved`, `digests`, or null where nothing was decided"),
            Key("aliases", "list of strings", "the aliases whose models are approved"),
            Key("digests", "list of strings", "the manifests that were allowed one by one"),
        ),
    ),
    "search": Document("A list with one object per version, as `ls NAME`.", _VERSION),
    "search --models": Document(f"A list with one object per model, as `ls`. {_DAMAGED}", _MODEL),
    "env": Document(
        "One object.",
        (
            Key("name", "string?", "the registered model; null for a model named by its id only"),
            Key("version", "number?", "the number of the version; null likewise"),
            Key("model_id", "string", "`m-` and 32 hex digits"),
            Key("python", "string", "the version of Python"),
            Key("requirements", "list of strings", "the lines of its requirements.txt"),
            Key("constraints", "list of strings", "the lines of its constraints.txt"),
            Key("lock", "list of strings", "everything these pull in, pinned; empty where that is not known"),
            Key("conda", "object?", "its conda.yaml, or null"),
            Key(
                "mismatches",
                "list of objects",
                "`package`, `required` and `installed` (or null) of each that is another here",
            ),
            Key("created", "object?", "`path`, `python` and `packages` of what `--create` built or found; else null"),
            Key(
                "verified",
                "object?",
                "`predicted` (false for a model without an input example) and how many `packages`, after `--verify`",
            ),
        ),
    ),
    "flavors": Document(
        "A list with one object per flavor.",
        (
            Key("name", "string", "what a model's flavors name it"),
            Key("from", "string", "the distribution that offers it"),
            Key("installed", "boolean", "whether all packages it needs are installed"),
            Key("packages", "object", "package to installed version, or null; empty for flavors of others"),
            Key("formats", "object", "format to what loading it may run, the default first"),
        ),
    ),
    "runs": Document("Without a run a list with one object per run, newest first.", _RUN),
    "runs RUN": Document(
        "With a run one object.",
        (
            *_RUN,
            Key("points", "object", "metric to how many values were logged of it"),
            Key("artifacts", "list of objects", "`path`, `size` and `blake3` of each file it logged"),
            Key("datasets", "list of objects", "`name`, `digest` and `context` (or null) of the data it read"),
            Key("used", "list of strings", "ids of models that it read or measured without logging them"),
        ),
    ),
    "runs RUN --metric NAME": Document(
        "A list with one object per value, in the order of logging.",
        (
            Key("step", "number", "the step it was logged for"),
            Key("time", "string", "when"),
            Key("value", "number", "the value; a string where it is not finite"),
            Key("dataset", "string?", "the name of the data it was measured on"),
            Key("model_id", "string?", "the logged model it was measured for"),
        ),
    ),
    "remote ls": Document(
        "A list of objects, one for each remote of objects.",
        (
            Key("name", "string", "its name"),
            Key("address", "string", "where it is, as written; it holds no secret"),
            Key("kept", "string", "`shared`, `personal`, or `git` for a remote of git"),
            Key("default", "boolean", "whether it is used when none is named"),
        ),
    ),
    "remote test": Document(
        "One object.",
        (
            Key("address", "string", "where it is"),
            Key("tries", "list of objects", "`what` was tried, the `verdict`, and what is `told` of it"),
        ),
    ),
    "push": Document(
        "One object.",
        (
            Key("remote", "string", "the remote"),
            Key("before", "string?", "the commit it had; null where it had no registry"),
            Key("after", "string?", "the commit it has now, or would have; null where there is nothing to push"),
            Key("operations", "number", "how many were published"),
            Key("versions", "list of objects", "`name` and `version` of those that were published"),
            _RENUMBERED,
            Key("aliases", "number", "how many of its alias refs moved"),
            Key("size", "number", "bytes of files that were sent"),
            Key("tries", "number", "how often it was tried; 0 when there was nothing to push"),
        ),
    ),
    "pull": Document(
        "One object. Operations are objects with `op`, `kind`, `model` and `subject`.",
        (
            Key("remote", "string", "the remote"),
            Key("fetched", "object", "the commits it had `before` and `after` it was asked, or null"),
            Key("before", "string?", "where the branch was; null where there was none"),
            Key("after", "string?", "where it is, or would be; null where the remote has no registry"),
            _RENUMBERED,
            Key("replayed", "list of objects", "the operations that were put on top of what was fetched"),
            Key("published", "list of objects", "those that were found published already"),
            Key("given_up", "list of objects", "those that `--theirs` gave up"),
            Key("size", "number", "bytes of files that were fetched"),
        ),
    ),
    "fetch": Document(
        "One object.",
        (
            Key("remote", "string", "the remote"),
            Key("before", "string?", "the commit it was known to have"),
            Key("after", "string?", "the commit it has; null where it has no registry"),
        ),
    ),
    "import": Document(_STEPS),
    "export": Document(_STEPS),
    "doctor": Document(
        "A list with one object per problem.",
        (
            Key("kind", "string", "what is wrong, a word such as `ref-stale` or `objects-missing`"),
            Key("where", "string", "the path, ref or name"),
            Key("detail", "string", "in words"),
            Key("fixable", "boolean", "whether `--fix` repairs it"),
            Key("fixed", "boolean", "whether it was repaired now"),
            Key("note", "boolean", "whether it is only worth knowing"),
        ),
    ),
    "fsck": Document(
        "A list with one object per damage.",
        (
            Key(
                "kind", "string", "what is damaged; `missing` for lost bytes, `absent` for published ones never fetched"
            ),
            Key("file", "string", "the file of the store"),
            Key("offset", "number", "the place in it"),
            Key("chunk", "string?", "the id of the damaged or missing bytes"),
            Key("detail", "string", "in words"),
            Key("healed", "boolean", "whether another copy of the bytes is whole"),
            Key("models", "list of strings", "the versions it hurts, as `name/number`"),
            Key("files", "list of strings", "their files that it hurts, as `name/number:path`"),
            Key("repaired", "boolean", "whether `--repair` put it right"),
        ),
    ),
    "gc": Document(
        "One object. Sizes are bytes of records.",
        (
            Key("dry_run", "boolean", "whether all this was only looked up"),
            Key("grace", "number?", "for how many seconds the doomed stay; null for ever"),
            Key("kept", "number", "what something needs"),
            Key("doomed", "number", "what was found to be needed by nothing, and marked now"),
            Key("waiting", "number", "what is marked and stays until its grace has passed"),
            Key("removed", "number", "what went"),
            Key("packs", "list of strings", "the ids of the packs that went"),
            Key("rewritten", "list of strings", "those of them whose needed part went into new packs"),
            Key("models", "list of strings", "expired models of runs, and dropped versions, whose bytes went"),
            Key("spared", "list of strings", "versions deleted here that another ref still has, and that ref"),
            Key("suspect", "list of strings", "the ids of packs left alone because fsck would find fault with them"),
            Key("leftovers", "list of strings", "files of killed processes that were removed"),
            Key("cached", "number", "bytes dropped from the cache, which had grown past its limit"),
        ),
    ),
    "du": Document(
        "One object. `models` is a list of objects with `name`, `versions` (how many), `raw`, `stored`, `exclusive`, "
        "`lacking`, `saved`, `overhead` and `shared_with`, as under `du NAME`.",
        (
            Key("stored", "number", "bytes of the whole store"),
            Key("raw", "number", "bytes of everything in it before encoding"),
            Key("cached", "number", "bytes of the cache"),
            Key("named", "number", "bytes of all files of all versions"),
            Key("needed", "number", "bytes of the records that versions need"),
            Key("other", "number", "the rest of the store: for runs, or for nothing (`gc` tells)"),
            Key("lacking", "number", "bytes of versions' files that are not here"),
            Key("saved", "object", "`deduplicated`, `compressed` and `deltas`: bytes saved by each"),
            Key("models", "list of objects", "what each model names, stores, stores alone and saves"),
        ),
    ),
    "du NAME": Document(
        "With NAME a list with one object per version, deleted ones too, oldest first. `raw + overhead` is "
        "`stored + lacking` and all that was saved.",
        (
            Key("name", "string", "the registered model"),
            Key("version", "number", "the number of the version"),
            Key("raw", "number", "bytes of its files"),
            Key("stored", "number", "bytes of the records it needs, each once"),
            Key("exclusive", "number", "the part of `stored` that no other version needs"),
            Key("lacking", "number", "bytes of its files that are not here"),
            Key("saved", "object", "`deduplicated`, `compressed` and `deltas`: bytes saved by each"),
            Key("overhead", "number", "bytes of headers, chunk lists, and chunks needed only to decode others"),
            Key("shared_with", "list of strings", "the other models that need some of the same records"),
            Key("added", "number", "the part of `stored` that nothing registered before it needed"),
        ),
    ),
    "repack": Document(
        "One object.",
        (
            Key("packs_before", "number", "how many packs there were"),
            Key("packs_after", "number", "how many there are"),
            Key("before", "number", "bytes of all packs before"),
            Key("after", "number", "bytes of all packs after"),
            Key("suspect", "list of strings", "the ids of packs left alone because fsck would find fault with them"),
        ),
    ),
} | REVIEW
