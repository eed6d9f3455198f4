"""What means what: the declarations of `mappings/`, read, checked and expanded."""
