"""Tables in, figures out; what a user has set for Matplotlib changes none of them."""

import os

# Matplotlib reads it when it is imported, and stops at a name that it does not know.
os.environ["MPLBACKEND"] = "agg"
# Fonts are those that Matplotlib ships, whatever its cache of this machine's fonts lists.
os.environ["MPL_IGNORE_SYSTEM_FONTS"] = "1"
