SWEEPS = []
