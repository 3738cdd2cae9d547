"""The pages: Jinja2 templates over the same use-cases as the API."""
