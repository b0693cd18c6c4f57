"""One module per verb of the `twincell` command."""
