"""Floor 2: where things run: Ray launch, FSDP, checkpoints, model folders, fault handling."""
