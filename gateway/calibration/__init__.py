"""Calibrations of the desk's devices: run, recorded, put into use; what a technician measures is in `calibration`."""
