"""What the paper claims, put to the test.

``claims.toml`` fixes statements, measures and thresholds beforehand; ``observe`` measures a run, ``theory`` what is
computed and not simulated; ``evidence`` puts together what was measured for each claim, ``judge`` comes to verdicts.
"""
