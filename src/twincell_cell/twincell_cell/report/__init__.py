"""The report of a run: one self-contained HTML file with inline SVG, written without other libraries."""
