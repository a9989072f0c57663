"""`python -m waves`."""

from waves.cli import main

if __name__ == "__main__":
    main()
