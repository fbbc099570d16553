"""In which order demonstrations are shown."""
