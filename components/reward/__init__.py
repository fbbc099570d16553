"""The reward model: a scalar head on the last token, trained on preference pairs, measured on those held out.

Floor 6. May import: base datasets metrics model parallel runtime scoring tasks text training.
Must not know: where pairs come from, and who climbs the reward.
"""
