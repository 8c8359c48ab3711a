"""A digest becomes a message: subject, text and HTML from templates, then the bytes that are sent."""

from digest.render.mail import mime
from digest.render.renderer import LARGEST_HTML, Renderer, words_of
from digest.render.templates import export as export_templates
from digest.render.templates import names as template_names

__all__ = ["LARGEST_HTML", "Renderer", "export_templates", "mime", "template_names", "words_of"]
