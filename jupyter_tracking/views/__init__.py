"""Views: how stored artifacts are shown, live in a notebook and in saved pages.

`model` says what is shown, as data; `renderers` encode the artifacts of each kind for the page; `table` reads stored dataframes by pages;
`widgets` live in a notebook; `export` writes pages that need no kernel. A view reads runs through `read` and writes nothing into them.
"""
