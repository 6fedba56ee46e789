"""Making up a report archive: templates, studies, dirt, rows."""
