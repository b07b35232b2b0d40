# SPDX-License-Identifier: LGPL-2.1-or-later
"""An Exchange server for tests: what it is and what it refuses stands in ../README.md."""
