"""Figures of the papers as plain functions over arrays: no labeler, no file, no torch."""
