"""The only room that speaks HTTP to DHIS2: client, dialects, metadata, pull and publish."""
