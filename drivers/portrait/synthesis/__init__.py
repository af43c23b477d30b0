"""How the synthetic portrait camera draws: a figure, the way it comes and goes, light and sensor."""
