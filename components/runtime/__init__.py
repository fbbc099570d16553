"""Where and how a run happens: the cluster file, Ray, one training job, its checkpoints, model folders, faults.

Floor 3. May import: base model parallel text.
Must not know: what is trained, or what a stage is for.
"""
