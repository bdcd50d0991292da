"""What `jupyter_tracking.integrations` has, under the names of `polyaxon.tracking.contrib`.

    from jupyter_tracking.contrib.keras import PolyaxonCallback

Code that imports those changes the import alone. One module a framework; each has our names as well, and frameworks that Polyaxon has no
callback for have one here too.
"""
