"""Rows of tables: cells to types, every fault, whether a place lies where its row says."""
