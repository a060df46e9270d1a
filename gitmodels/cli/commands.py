"""The table of commands: where each is written, its one line of help and its group in ``git models -h``.

This room imports no command, so that help and start-up cost nothing; a command is imported when it runs.
"""


class Entry:
    """One command: ``module:attribute``, its line in the overview, and the group it stands in."""

    # A plain class: a NamedTuple or dataclass would cost -h more than all its text.
    __slots__ = ("group", "help", "target")

    def __init__(self, target: str, help: str, group: str) -> None:
        self.target = target
        self.help = help
        self.group = group


EVERY_DAY = "Every day"
TOGETHER = "Together"
LOOKING = "Looking"
CARE = "Care"
GROUPS = (EVERY_DAY, TOGETHER, LOOKING, CARE)

# In the order they are shown. `import` and `pass`-like names take a trailing underscore as modules.
COMMANDS: dict[str, Entry] = {
    "init": Entry("gitmodels.cli.init:init", "Start the model registry of this repository.", EVERY_DAY),
    "register": Entry(
        "gitmodels.cli.register:register",
        "Register a file, directory or logged model as the next version of a name.",
        EVERY_DAY,
    ),
    "ls": Entry("gitmodels.cli.ls:ls", "List the registered models, or the versions of one.", EVERY_DAY),
    "show": Entry("gitmodels.cli.show:show", "Show everything about one version.", EVERY_DAY),
    "log": Entry("gitmodels.cli.log:log", "Tell what happened, newest first.", EVERY_DAY),
    "diff": Entry("gitmodels.cli.diff:diff", "Tell what differs between two versions, with verdicts.", EVERY_DAY),
    "status": Entry("gitmodels.cli.status:status", "Tell what state the repository is in.", EVERY_DAY),
    "checkout": Entry("gitmodels.cli.checkout:checkout", "Copy the files of a model to a folder.", EVERY_DAY),
    "cat": Entry("gitmodels.cli.cat:cat", "Write one file or tensor of a model to standard output.", EVERY_DAY),
    "predict": Entry("gitmodels.cli.predict:predict", "Predict with a model for a file of data.", EVERY_DAY),
    "alias": Entry("gitmodels.cli.alias:alias", "Set, clear and list aliases.", EVERY_DAY),
    "tag": Entry("gitmodels.cli.tag:tag", "Set, remove and list tags.", EVERY_DAY),
    "describe": Entry("gitmodels.cli.describe:describe", "Describe a model or a version.", EVERY_DAY),
    "card": Entry("gitmodels.cli.card:card", "Show or write the card of a model.", EVERY_DAY),
    "pin": Entry("gitmodels.cli.pin:pin", "Write down which versions the code here uses.", EVERY_DAY),
    "clone": Entry("gitmodels.cli.clone:clone", "Follow the registry at an address in a new repository.", TOGETHER),
    "push": Entry("gitmodels.cli.push:push", "Publish what was not published yet.", TOGETHER),
    "pull": Entry("gitmodels.cli.pull:pull", "Fetch, and put what was not published on top.", TOGETHER),
    "fetch": Entry("gitmodels.cli.fetch:fetch", "Ask a remote what it has published.", TOGETHER),
    "promote": Entry("gitmodels.cli.promote:promote", "Move aliases, at once or by a pull request.", TOGETHER),
    "sign": Entry("gitmodels.cli.sign:sign", "Approve a move of an alias with an SSH key.", TOGETHER),
    "verify": Entry("gitmodels.cli.verify:verify", "Verify that an alias was approved with signatures.", TOGETHER),
    "bundle": Entry("gitmodels.cli.bundle:bundle", "Sign a model's files for others, or verify them.", TOGETHER),
    "rollback": Entry("gitmodels.cli.rollback:rollback", "Point an alias back at the version before.", TOGETHER),
    "check": Entry("gitmodels.cli.check:check", "Judge a change of the registry before it is merged.", TOGETHER),
    "remote": Entry("gitmodels.cli.remote:remote", "Name the places that keep copies of the files.", TOGETHER),
    "hooks": Entry("gitmodels.cli.hooks:hooks", "Let git's hooks protect the registry.", TOGETHER),
    "ci": Entry("gitmodels.cli.ci:ci", "Let a host's CI check what is proposed.", TOGETHER),
    "policy": Entry("gitmodels.cli.policy:policy", "Run the tests of the policy; tell what a rule decides.", TOGETHER),
    "audit": Entry("gitmodels.cli.audit:audit", "Tell whether every protected move was reviewed.", LOOKING),
    "trust": Entry("gitmodels.cli.trust:trust", "Let models run code when they are loaded.", TOGETHER),
    "blame": Entry("gitmodels.cli.blame:blame", "Tell which promotion brought what a model says.", LOOKING),
    "at": Entry("gitmodels.cli.at:at", "Tell which version a reference named at a time.", LOOKING),
    "bisect": Entry("gitmodels.cli.bisect:bisect", "Find the first bad version by running a command.", LOOKING),
    "search": Entry("gitmodels.cli.search:search", "Find versions, or models, by a filter.", LOOKING),
    "runs": Entry("gitmodels.cli.runs:runs", "List the logged runs, or show one.", LOOKING),
    "evaluate": Entry("gitmodels.cli.evaluate:evaluate", "Measure a version, or note what was measured.", LOOKING),
    "env": Entry("gitmodels.cli.env:env", "Show or build the environment a model needs.", LOOKING),
    "flavors": Entry("gitmodels.cli.flavors:flavors", "List the flavors, and what loading their models runs.", LOOKING),
    "doctor": Entry("gitmodels.cli.doctor:doctor", "Find what is wrong with the registry, and repair it.", CARE),
    "fsck": Entry("gitmodels.cli.fsck:fsck", "Check every byte of the object store.", CARE),
    "gc": Entry("gitmodels.cli.gc:gc", "Remove what nothing needs any more.", CARE),
    "repack": Entry("gitmodels.cli.repack:repack", "Merge small packs, and encode anew.", CARE),
    "du": Entry("gitmodels.cli.du:du", "Tell what models take on disk.", CARE),
    "rebuild": Entry("gitmodels.cli.rebuild:rebuild", "Derive alias refs and the index again.", CARE),
    "rm": Entry("gitmodels.cli.rm:rm", "Mark a version or a model as deleted.", CARE),
    "mv": Entry("gitmodels.cli.mv:mv", "Give a model another name.", CARE),
    "cp": Entry("gitmodels.cli.cp:cp", "Register a version again under another name.", CARE),
    "hook": Entry("gitmodels.cli.hook:hook", "Do what a git hook is for; git calls it.", CARE),
    "merge-driver": Entry(
        "gitmodels.cli.merge_driver:merge_driver", "Merge one file of the registry; git calls it.", CARE
    ),
    "textconv": Entry("gitmodels.cli.textconv:textconv", "Show a record as text; git diff calls it.", CARE),
    "completion": Entry(
        "gitmodels.cli.completion:completion", "Print the script that makes a shell complete names.", CARE
    ),
    "import": Entry("gitmodels.cli.import_:import_", "Bring models from another tool.", CARE),
    "export": Entry("gitmodels.cli.export:export", "Hand models to another tool.", CARE),
    "help": Entry("gitmodels.cli.help:help_", "Tell about one command.", CARE),
    "stage": Entry("gitmodels.cli.stage:stage", "Move a version to one of MLflow's stages.", CARE),
}

# Second names: they run the command, but the overview lists it once.
ALIASES: dict[str, str] = {"add": "register"}
