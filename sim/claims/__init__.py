"""What the paper claims, put to the test.

``claims.toml`` fixes statements, measures and thresholds beforehand, ``observe`` measures a run, ``judge`` turns
measurements over seeds into verdicts.
"""
