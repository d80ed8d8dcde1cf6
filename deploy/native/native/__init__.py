"""The native run of Mostrador: everything as ordinary processes of one machine, in one folder, under one supervisor.

`python -m native up` is what `make up` ends in; tests and benchmarks use `native.platform`, `native.rabbitmq`
and `native.postgres` to have servers of their own.
"""
