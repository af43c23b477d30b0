"""A disk that is soon full, as the spool's tests have it."""

from tests.gateway.spool.test_disk import small_disk

__all__ = ["small_disk"]
