from collections.abc import Mapping
CELL_TEXTS: Mapping[str, str] = {}
