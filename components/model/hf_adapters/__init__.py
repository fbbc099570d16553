"""Other models' classes: which combination of options is exactly which transformers architecture, there and back."""
