"""Pages that need no kernel: the static page beside each widget, saved files, reports of notebooks."""
