"""Files of the nominal cards and of the synthetic camera's certificate."""
