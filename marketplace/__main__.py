"""`python3 -m marketplace run|test|bench`, from a fresh clone and a bare Python."""

from marketplace.bootstrap import main

if __name__ == "__main__":
    main()
