"""How ``make docs`` builds the site from the pages of this folder: Sphinx with Markdown, nothing fetched."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

project = "gitmodels"
author = "the gitmodels authors"
copyright = author
release = re.search(r'__version__ = "([^"]+)"', (ROOT / "gitmodels" / "__init__.py").read_text(encoding="utf-8"))[1]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["scripts", "demo"]
# Links such as page.md#a-heading lead to headings, as they do where git hosts show the pages.
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"gitmodels {release}"
html_copy_source = False
html_show_sphinx = False
templates_path: list[str] = []
