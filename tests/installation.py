"""The installations that tests compare."""
import argparse
import os


def installation(path):
    """An argument's value: a directory that has bin/erl. Without it the system's programs would be found, and compared with themselves."""
    path = os.path.abspath(path)
    if not os.path.exists(os.path.join(path, "bin", "erl")):
        raise argparse.ArgumentTypeError(f"there is no bin/erl in {path}")
    return path
