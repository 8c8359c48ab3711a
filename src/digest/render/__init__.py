"""A digest becomes a message: subject, text and HTML from templates, then the bytes that are sent."""

from digest.render.addressing import addressed, readers
from digest.render.face import Renderer
from digest.render.mail import mime

__all__ = ["Renderer", "addressed", "mime", "readers"]
