"""The gateway's API: one class per proto service, and the doors through which it is reached."""
