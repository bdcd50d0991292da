"""The magics: read a line, call one function, show one object. `%load_ext jupyter_tracking` registers them."""
