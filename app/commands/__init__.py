"""The commands of `isek`, a module each: `add_to` declares the options, `run` does the work."""
