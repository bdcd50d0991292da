"""Copies of runs at object stores: sent once, or while a run goes on."""
