"""The `ctlabel` command: one module for each subcommand."""
