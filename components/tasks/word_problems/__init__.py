"""One task of the run: grade-school word problems, generated with worked solutions."""
