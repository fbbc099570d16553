"""The words of the stories: who, what, where. Few enough for a small byte-pair vocabulary."""

from dataclasses import dataclass


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


def _girls(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name, "she", "her", "her") for name in names)


def _boys(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name, "he", "him", "his") for name in names)


def _things(*names: str) -> tuple[Subject, ...]:
    return tuple(Subject(name, "it", "it", "its") for name in names)


PEOPLE = (
    *_girls("Ann", "Mia", "Lily", "Rosa", "Emma", "Sara", "Nina", "Kate", "Zoe", "Amy", "Maya", "Jane"),
    *_girls("the teacher", "the baker", "Mrs. Hill", "the queen"),
    *_boys("Tom", "Ben", "Sam", "Leo", "Max", "Jack", "Omar", "Paul", "Dan", "Luis", "Ivan", "Ken"),
    *_boys("the farmer", "the cook", "Mr. Lee", "the king"),
)
GATHERINGS = _things("the bus", "the train", "the park", "the library", "the school", "the zoo", "the ship")
STORES = _things("the shop", "the market", "the farm", "the store", "the kitchen")
TANKS = _things("the tank", "the pool", "the pond", "the barrel", "the lake")
ROPES = _things("the rope", "the ribbon", "the wire", "the chain", "the fence")

THINGS = (
    *("apples", "pears", "plums", "oranges", "lemons", "nuts", "eggs", "cakes", "cookies", "candies"),
    *("books", "pens", "cards", "stamps", "coins", "stickers", "marbles", "balls", "toys", "dolls"),
    *("shells", "stones", "flowers", "roses", "hats", "cups", "plates", "keys", "photos", "beads"),
)
MONEY = ("dollars",)
POINTS = ("points",)
VISITORS = ("people", "children", "adults", "students", "men", "women")
LITERS = ("liters",)
FEET = ("feet",)

CONTAINERS = (
    *(("box", "boxes"), ("bag", "bags"), ("jar", "jars"), ("basket", "baskets")),
    *(("pack", "packs"), ("drawer", "drawers"), ("case", "cases"), ("tray", "trays")),
)
PLACES = ("shop", "park", "market", "school", "fair", "beach", "farm", "store")
DAYS = ("Monday", "Tuesday", "Friday", "Sunday")
RELATIVES = ("mother", "father", "sister", "brother", "uncle", "aunt")
COLOURS = (("red", "blue"), ("green", "yellow"), ("old", "new"), ("big", "small"), ("black", "white"))
