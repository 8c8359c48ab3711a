"""A digest becomes a message: subject, text and HTML from templates, then the bytes that are sent."""

from digest.render.mail import mime
from digest.render.renderer import LARGEST_HTML, Renderer

__all__ = ["LARGEST_HTML", "Renderer", "mime"]
