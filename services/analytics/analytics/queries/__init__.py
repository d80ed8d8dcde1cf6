"""The read side: sums of rollup rows and rows of projections, as many as there are days, hours and products asked for."""
