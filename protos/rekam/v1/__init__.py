"""Generated messages of the gateway's API, version 1."""
