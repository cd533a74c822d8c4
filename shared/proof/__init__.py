"""What proves a label: canonical JSON, keys, locators, transforms, evidence, typed equality, reward.

Pure and small, so that `firefly check` and a stranger's second implementation need nothing else; the specification is
`docs/evidence.md`, the test vectors are `shared/proof/vectors/`.
"""
