"""The forms of other models: which combination of options is exactly which transformers architecture."""
