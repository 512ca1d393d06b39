"""`python -m clusterplan` is the same as `clusterplan`."""

import sys

from clusterplan.cli import main

if __name__ == "__main__":
    sys.exit(main())
