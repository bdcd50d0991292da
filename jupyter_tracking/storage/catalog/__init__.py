"""The files of a root's catalog: what they are called, and those of a local root."""
