"""What lives in a notebook: the ipywidgets that show runs and follow them while they go on."""
