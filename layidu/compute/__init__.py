"""Arithmetic of indicators and promises: frames in, frames out; no clock, no file, no SQL."""
