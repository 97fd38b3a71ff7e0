#!/usr/bin/env python3
"""As load.py, while `hoopoe dev` is killed with -9 at random moments and started again each time."""

import rig

args = rig.arguments(__doc__, kills={"type": int, "default": 10})
rig.run(args, args.kills)
