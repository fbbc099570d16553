"""The reward model: a scalar head on the last token, trained on preference pairs, measured on those held out.

Floor 5. May import: base datasets metrics runtime tasks text training.
Must not know: where pairs come from, and who climbs the reward.
"""
