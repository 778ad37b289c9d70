#!/bin/sh
# A virtual environment's own programs know where it was made, and not where it was renamed to: its python does.
exec "$(dirname "$0")/venv/bin/python" -I -c \
    'import sys; from componentize_py import script; sys.exit(script())' "$@"
