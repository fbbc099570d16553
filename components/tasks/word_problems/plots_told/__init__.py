"""All plots, each with the ways in which it is told and asked."""

from components.tasks.word_problems.plots_told.bare import BARE
from components.tasks.word_problems.plots_told.differences import DIFFERENCES
from components.tasks.word_problems.plots_told.products import PRODUCTS
from components.tasks.word_problems.plots_told.purchases import PURCHASES
from components.tasks.word_problems.plots_told.quotients import QUOTIENTS
from components.tasks.word_problems.plots_told.sums import SUMS
from components.tasks.word_problems.plots_told.three_steps import THREE_STEPS
from components.tasks.word_problems.plots_told.two_steps import TWO_STEPS

PLOTS = (*SUMS, *DIFFERENCES, *PRODUCTS, *QUOTIENTS, *BARE, *TWO_STEPS, *PURCHASES, *THREE_STEPS)
