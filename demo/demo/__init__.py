"""Demo data: a corner shop in Mexico City with products, customers, cashiers and a year of orders."""
