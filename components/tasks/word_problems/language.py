"""The words of the stories: who, what, where."""

from dataclasses import dataclass
from typing import NamedTuple


class Noun(NamedTuple):
    """A thing that can be counted."""

    one: str
    many: str


class Verb(NamedTuple):
    """What somebody did: "did she find", "she found"."""

    base: str
    past: str


@dataclass(frozen=True)
class Subject:
    """Whom a story is about, with the pronouns that stand for it."""

    name: str
    subject: str
    object: str
    possessive: str

    @property
    def at_start(self) -> str:
        """The name as a sentence begins with it."""
        return self.name[0].upper() + self.name[1:]


def _girls(names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name.replace("_", " "), "she", "her", "her") for name in names.split())


def _boys(names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name.replace("_", " "), "he", "him", "his") for name in names.split())


def _places(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name, "it", "it", "its") for name in names)


def _nouns(words: str) -> tuple[Noun, ...]:
    """Nouns of the form "one" or "one/many"; without the second half an s is added."""
    parts = (word.replace("_", " ").split("/") for word in words.split())
    return tuple(Noun(part[0], part[1] if len(part) > 1 else f"{part[0]}s") for part in parts)


PEOPLE = (
    *_girls(
        "Ann Mia Lily Rosa Emma Sara Nina Kate Zoe Amy Maya Jane Mary Lucy Anna Eva Julia Lisa Laura Clara Ella Grace "
        "Helen Ida Kim Linda Nora Olga Paula Rita Ruth Sofia Tina Vera Wendy Alice Bella Carol Dora Fiona Hannah Iris "
        "Molly Susan Mrs._Hill Mrs._Brown Ms._Wood the_teacher the_baker the_queen"
    ),
    *_boys(
        "Tom Ben Sam Leo Max Jack Omar Paul Dan Luis Ivan Ken John Peter Mark Tim Adam Alex Bob Carl David Eric Finn "
        "George Henry Jim Josh Kevin Liam Matt Nick Oscar Owen Ray Rob Simon Ted Tony Victor Will Zack Hugo Karl Noah "
        "Mr._Lee Mr._Black Mr._King the_farmer the_cook the_king"
    ),
)
GATHERINGS = _places(
    *("the bus", "the train", "the park", "the library", "the school", "the zoo", "the ship", "the museum"),
    *("the pool", "the theater", "the playground", "the hotel"),
)
STORES = _places("the shop", "the market", "the farm", "the store", "the kitchen", "the bakery", "the factory")
TANKS = _places("the tank", "the pool", "the pond", "the barrel", "the lake", "the bucket")
ROPES = _places("the rope", "the ribbon", "the wire", "the chain", "the fence", "the string")

FOODS = _nouns(
    "apple pear plum orange lemon banana peach/peaches cherry/cherries grape carrot potato/potatoes tomato/tomatoes "
    "egg cookie cake muffin candy/candies donut sandwich/sandwiches pancake nut roll pie cupcake melon "
    "berry/berries onion"
)
ANIMALS = _nouns(
    "dog cat bird fish/fish duck cow horse sheep/sheep goat rabbit hen frog bee monkey pig chicken turtle bear lion ant"
)
GOODS = _nouns(
    "book pen pencil crayon card stamp coin sticker marble ball toy doll toy_car toy_train balloon shell stone button "
    "bead key photo hat cup plate spoon ribbon brick block kite sock shirt scarf/scarves badge magazine notebook "
    "poster puzzle candle rose flower tulip leaf/leaves feather ticket bottle picture game lamp chair table rock stick "
    "bag paper_plane box/boxes glass/glasses comic_book teddy_bear tree plant bike robot mask ring coat shoe"
)
THINGS = (*FOODS, *GOODS, *GOODS)
MONEY = (Noun("dollar", "dollars"),)
POINTS = (Noun("point", "points"),)
CROWD = _nouns(
    "person/people child/children adult student man/men woman/women boy girl passenger player guest visitor kid worker"
)
LITERS = (Noun("liter", "liters"), Noun("cup", "cups"), Noun("gallon", "gallons"))
LENGTHS = (Noun("foot", "feet"), Noun("meter", "meters"), Noun("inch", "inches"))
DISTANCES = (Noun("mile", "miles"), Noun("kilometer", "kilometers"), Noun("block", "blocks"))
SERVINGS = (Noun("page", "pages"), Noun("chapter", "chapters"), Noun("poem", "poems"))

CONTAINERS = _nouns("box/boxes bag jar basket pack drawer case tray shelf/shelves bucket crate pile carton bowl packet")
PLACES = ("shop", "park", "market", "school", "fair", "beach", "farm", "store", "garden", "yard", "museum", "lake")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "the first day", "the weekend")
RELATIVES = (
    *("mother", "father", "sister", "brother", "uncle", "aunt", "friend", "cousin", "grandmother", "grandfather"),
    *("neighbor", "son", "daughter", "teacher"),
)
COLOURS = (
    *(("red", "blue"), ("green", "yellow"), ("old", "new"), ("big", "small"), ("black", "white"), ("long", "short")),
    *(("pink", "brown"), ("orange", "purple")),
)
GAINS = (
    Verb("find", "found"),
    Verb("buy", "bought"),
    Verb("collect", "collected"),
    Verb("make", "made"),
    Verb("get", "got"),
    Verb("win", "won"),
    Verb("bring", "brought"),
    Verb("pick up", "picked up"),
    Verb("count", "counted"),
    Verb("paint", "painted"),
    Verb("order", "ordered"),
    Verb("see", "saw"),
    Verb("wash", "washed"),
    Verb("sell", "sold"),
    Verb("carry", "carried"),
    Verb("catch", "caught"),
    Verb("draw", "drew"),
    Verb("build", "built"),
    Verb("plant", "planted"),
    Verb("pick", "picked"),
    Verb("bake", "baked"),
    Verb("save", "saved"),
    Verb("borrow", "borrowed"),
)
LOSSES = ("lost", "sold", "used", "broke", "gave away", "threw away", "lent out", "returned", "dropped")
MOVES = ("walked", "rode", "ran", "drove")
SPOILED = (
    *("broke", "were lost", "were bad", "fell down", "were broken", "disappeared", "were sold", "were stolen", "burst"),
    *("got wet", "were too old", "were used", "were given away", "fell off", "were missing", "did not work", "died"),
)
DEPARTED = (
    *("left", "went home", "went away", "ran away", "went inside", "left early", "moved away", "walked off"),
    *("got off", "flew off", "fell asleep", "were taken home", "left before lunch", "drove off"),
)
