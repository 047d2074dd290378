"""What every Python of a run begins with, whoever starts it: on PYTHONPATH, see site(7) of Python."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import given

given.install()
