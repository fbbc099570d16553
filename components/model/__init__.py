"""Networks: the decoder and the INT8 forms of its layers."""
