"""Write a run: its rows, assets, lineage and documents. Nothing is read back here."""
