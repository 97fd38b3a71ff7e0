#!/usr/bin/env python3
"""Offers to watchers through `hoopoe dev` and a Telegram simulator: every one exactly once, and what it cost."""

import rig

rig.run(rig.arguments(__doc__))
