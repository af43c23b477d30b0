"""Matrix products that stay in the thread that asks for them."""

import numpy as np
from numpy.typing import NDArray

_ALONE = 4 * 65536
"""OpenBLAS gives a product to several threads above so many multiplications (interface/gemm.c, SMP_THRESHOLD_MIN times
GEMM_MULTITHREAD_THRESHOLD). For a comparison of 40 minutiae, waking them costs four times what the product does."""


def product(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """`a @ b` of (m, k) and (k, n), a slab of rows at a time.

    A front end compares on as many cores as it likes; one comparison is to cost one core 1 ms, not two cores 5 ms.
    """
    rows, columns = a.shape[0], b.shape[1]
    slab = max(1, _ALONE // max(1, a.shape[1] * columns))
    if rows <= slab:
        return np.asarray(a @ b, np.float32)
    result = np.empty((rows, columns), np.float32)
    for first in range(0, rows, slab):
        np.matmul(a[first : first + slab], b, out=result[first : first + slab])
    return result
