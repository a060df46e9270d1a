"""Names for runs that were given none: ``brave-otter-123``. This room knows words and chance."""

# ruff: noqa: SIM905 - words read better as words
_ADJECTIVES = (
    "able agile amber apt ample awake azure balanced bold brave bright brisk calm candid careful casual charming "
    "cheerful clear clever cool crisp curious daring deft eager early easy exact fair fearless fine fond frank fresh "
    "gentle glad golden grand happy hardy honest humble jolly keen kind lively loyal lucky lunar mellow merry mild "
    "modest neat nimble noble open patient placid polite proud quick quiet rapid ready rich robust rustic serene sharp "
    "shiny silent silver simple smart smooth snappy solid stately steady still stout sunny swift tidy tranquil upbeat "
    "valiant vivid warm wise witty young zesty"
).split()
_NOUNS = (
    "ant asp auk badger bat bear beaver bee bison boar bream calf carp cat chimp cod colt crab crane crow cub deer doe "
    "dog dolphin dove duck eagle eel elk emu ewe falcon fawn finch fish flea fly foal fowl fox frog gnat gnu goat "
    "goose grouse grub gull hare hawk hen heron hog horse hound ibis jay kit kite koi lamb lark lemur lion loon lynx "
    "mare mink mole moose moth mouse mule newt otter owl ox perch pig pike pony pug quail ram rat raven robin rook "
    "seal shad shark sheep shrew shrike skink slug smelt snail snake snipe sow squid stag stork swan tern toad trout "
    "turtle vole wasp whale wolf wren yak zebra"
).split()


def random_name() -> str:
    """An adjective, a noun and a number up to 999, joined by dashes: at most 20 characters.

    >>> random_name().count("-")
    2
    """
    import secrets  # of those that load this room few make a run

    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{secrets.randbelow(1000)}"
