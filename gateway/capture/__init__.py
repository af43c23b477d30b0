"""Captures, from a device's frame to a signed record in the spool, and the leases under which they run."""
