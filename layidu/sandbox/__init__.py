"""A small DHIS2 of our own, for the demo and the tests; it shares no code with the client it is pulled by."""
