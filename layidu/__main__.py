"""`python -m layidu` is the same as `layidu`."""

from layidu.cli import main

if __name__ == "__main__":
    main()
