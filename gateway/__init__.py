"""The public door of Mostrador: nginx with njs, its configuration generator and its side process."""
