"""ASK: the command `uet`, one module a verb or family of verbs.

Nothing heavy is imported at the top of these modules: `uet --help` shows all of them.
"""
