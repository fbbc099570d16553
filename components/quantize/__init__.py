"""Quantize: an INT8 model that has passed its quality gate."""
