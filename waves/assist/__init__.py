"""Answers to an editor about a text, also a broken one: a text and a place in, words, sentences and places out."""
