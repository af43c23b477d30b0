"""Whether the certificate that this office shows the centre is within its time."""

from datetime import datetime

from cryptography import x509

from gateway.link.evidence import OwnCertificateSeen


def probe_own_certificate(pem: str, now: datetime) -> OwnCertificateSeen:
    """Read the first certificate of a PEM text.

    Parameters
    ----------
    pem : str
    now : datetime
        UTC.
    """
    try:
        certificate = x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError as error:
        return OwnCertificateSeen(None, None, expired=False, problem=str(error))
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return OwnCertificateSeen(begins, ends, expired=now > ends)
