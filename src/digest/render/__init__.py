"""A digest becomes a message: subject, text and HTML from templates, then the bytes that are sent."""

from digest.render.addressing import addressed, readers
from digest.render.mail import mime
from digest.render.renderer import LARGEST_HTML, Renderer, words_of
from digest.render.templates import export as export_templates
from digest.render.templates import names as template_names

__all__ = ["LARGEST_HTML", "Renderer", "addressed", "export_templates", "mime", "readers", "template_names", "words_of"]
