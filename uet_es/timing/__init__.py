"""MEASURE: where the time of every workstream of a run went, told while its entries are read."""
