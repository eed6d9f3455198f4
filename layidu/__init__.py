"""The engine of layidu: from data values in DHIS2 to indicators people can defend."""

__version__ = "0.1.0"
