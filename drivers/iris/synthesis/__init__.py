"""Eyes that never were: irises, lids, lashes and the near-infrared light they are seen in, all from seeds."""
