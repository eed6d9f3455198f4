"""Where the copy of DHIS2, the declarations and the results live: the only room that speaks SQL."""
