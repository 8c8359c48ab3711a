"""Names that are used where vulture cannot look: by a framework, or in a template. A group a reason."""

# Alembic reads them from each migration.
_.branch_labels
_.depends_on
_.down_revision

# SQLAlchemy calls them on our column types, and reads what psycopg and sqlite3 are told.
_.cache_ok
_.impl
_.isolation_level
_.process_bind_param
_.process_result_value

# feedparser calls them by the element's name, and reads the switches.
_._end_author
_._end_day
_._end_hour
_._end_itunes_summary
_._end_media_description
_._end_media_title
_._start_itunes_summary
_._start_media_description
_._start_media_title
_._sync_author_detail
_.inauthor
_.resolve_relative_uris
_.sanitize_html

# Jinja2 and pydantic call them on our loader and our schema; pebble and re2 read them.
_.field_title_should_be_set
_.get_source
_.log_errors
_.term_timeout

# The templates show them.
_.also_in_more
_.degraded
_.dir
_.excuse
_.failing_count
_.failing_more
_.gaps_more
_.preheader
_.same_event
_.top

# The pages of the sample newsroom show them; its tests ask for the rest.
_.caption
_.credit
_.furniture
_.mailed
_.tagline
_.truth
_.writers
