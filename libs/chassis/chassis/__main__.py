"""`python -m chassis sales worker`."""

from chassis.cli import main

main()
