"""Which lines of a requirements.txt fix no version. This room knows lines, not where packages come from."""

from gitmodels.patterns import pattern

_HASH = pattern(r"#(.*&)?(sha(224|256|384|512)=[0-9a-f]{56,128})(&.*)?$")
_PLAIN = pattern(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?==[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}(?:(?:a|b|rc|\.post)[0-9]{1,5})?"
)
_BARE = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_OPTION = pattern(r"--?(index-url|extra-index-url|find-links|no-index|trusted-host|prefer-binary|i|f)\b.*")


def unpinned(data: bytes) -> tuple[str, ...]:
    r"""The requirement lines that are neither ``==`` nor a direct reference with its hash; what is no line counts too.

    >>> unpinned(b"numpy==2.1.0\nshap\npandas>=2  # some\nx==1.*\n--index-url https://example.com/simple\n")
    ('shap', 'pandas>=2', 'x==1.*')
    """
    found = []
    for line in data.decode("utf-8", "replace").replace("\\\n", " ").splitlines():
        bare = line.split(" #")[0].strip()
        if bare and not bare.startswith("#") and not _OPTION.fullmatch(bare) and not is_pinned(bare):
            found.append(bare)
    return tuple(found)


def is_pinned(line: str) -> bool:
    """Whether one line fixes what is installed: one version, or a direct reference with its hash.

    >>> is_pinned("numpy==2.1.0"), is_pinned("numpy"), is_pinned("numpy==2.*")
    (True, False, False)
    """
    if _PLAIN.fullmatch(line):
        return True  # the form we write: loading packaging's parser costs more than all the rest
    if _BARE.fullmatch(line):
        return False
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line.split(" --hash")[0])
    except InvalidRequirement:
        return False
    if requirement.url is not None:
        return _HASH.search(requirement.url) is not None
    exact = [each for each in requirement.specifier if each.operator in ("==", "===")]
    return any(not each.version.endswith(".*") for each in exact)
