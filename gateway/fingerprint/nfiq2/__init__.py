"""The public measures of NFIQ 2 (ISO/IEC 29794-4), one file per family; never its score."""
