"""Names that are used where vulture cannot look: by a framework, or in a template. A group a reason."""

# Alembic reads them from each migration.
_.branch_labels
_.depends_on
_.down_revision

# SQLAlchemy reads them from our column types, sqlite3 from the connection.
_.cache_ok
_.impl
_.isolation_level

# asyncio calls them on a connection's protocol.
_.data_received
_.eof_received
_.pause_writing
_.resume_writing

# APScheduler calls it on our trigger.
_.get_next_fire_time

# feedparser reads the switches and calls the handlers, expat calls ours and reads its switches.
_._add_tag
_.__class__
_.buffer_text
_.CharacterDataHandler
_.EndElementHandler
_.inauthor
_.inimage
_.intextinput
_.namespace_prefixes
_.push_content
_.resolve_relative_uris
_.sanitize_html
_.StartElementHandler
_.StartNamespaceDeclHandler

# Jinja2 and pydantic call them on our loader and our schema; pebble and re2 read them.
_.field_title_should_be_set
_.get_source
_.log_errors
_.term_timeout

# The command line asks for the rulings of each kind by its name.
_.too_late

# Looked up by the key that a topic file holds, or written to the store with all other fields.
_.at_least
_.enclosures
_.none
_.regex

# The templates show them.
_.also_in_more
_.degraded
_.dir
_.excuse
_.failing_count
_.failing_more
_.gaps_more
_.preheader
_.repeats_more
_.same_event
_.titled
_.top

# The pages of the sample newsroom show them; its tests ask for the rest.
_.caption
_.credit
_.furniture
_.mailed
_.tagline
_.truth
_.writers

# Written down for people who debug; asked for by tests, and by operators from Python.
_.action
_.never_fired
_.OK
