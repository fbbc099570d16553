"""What every room stands on: configs, errors, atomic files, hashes, manifests, fingerprints.

Floor 0. May import: nothing.
Must not know: any library of machine learning, and any domain.
"""
