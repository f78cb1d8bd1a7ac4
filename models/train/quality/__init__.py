"""Trains the quality model: one score and an embedding of each photograph."""
