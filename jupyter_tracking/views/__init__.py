"""Looking: how a stored artifact becomes something to see, live in a notebook and in a saved page.

A view reads what is stored, through the reader; the recording half may not enter.
"""
