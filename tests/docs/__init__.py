"""Which pages are written by the program itself? `python -m tests.docs [PAGE…]`; a page is a module with write()."""
