"""Go templates, as far as they can be filled in without Helm."""
