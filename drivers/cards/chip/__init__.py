"""An ISO/IEC 7816-4 smart card in memory: its memory cells, its files, its PINs and its commands."""
