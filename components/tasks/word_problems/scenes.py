"""All kinds of stories that a problem may be told as."""

from components.tasks.word_problems.possessions import MONEY, THINGS
from components.tasks.word_problems.quantities import CROWDS, POINTS, ROPES, STOCKS, WATER

SCENES = (THINGS, MONEY, POINTS, CROWDS, STOCKS, WATER, ROPES)
