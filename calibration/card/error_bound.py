"""What a count of errors, none of them included, says of their rate."""


def upper_bound(errors: int, trials: int) -> float:
    """The rate that is not exceeded, with 95 % confidence: 3 / n where there was none, Poisson's limit beyond.

    Parameters
    ----------
    errors, trials : int

    Raises
    ------
    ValueError
        No trial, or more errors than trials.

    References
    ----------
    The rule of three, -ln(0.05) = 2.996; chi-square limits of a Poisson mean (Garwood, 1936).
    """
    if trials < 1 or not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors in {trials} trials say nothing")
    if errors == 0:
        return min(1.0, 3 / trials)
    from scipy.stats import chi2

    return min(1.0, float(chi2.ppf(0.95, 2 * (errors + 1))) / 2 / trials)
