"""What every Mostrador service stands on: web, data, tenancy, messaging, health. It knows no business word."""

__version__ = "0.1.0"
