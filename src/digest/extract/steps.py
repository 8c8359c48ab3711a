"""The steps from trafilatura's choice to the article, in their order; docs/decisions/041 has their gains."""

from __future__ import annotations

from collections.abc import Callable

from digest.extract import finding, trimming
from digest.extract.draft import Draft

Step = Callable[[Draft], None]

STEPS: tuple[Step, ...] = (
    trimming.drop_menus,
    trimming.drop_consent,
    finding.rescue,
    finding.find_headline,
    finding.fill_from_declared_body,
    finding.recover_containers,
    finding.recover_paragraphs,
    finding.recover_lists,
    finding.recover_pieces,
    trimming.drop_other_articles,
    trimming.drop_headline,
    trimming.drop_above_headline,
    finding.add_standfirst,
    trimming.drop_placeholders,
    trimming.drop_boxes,
    trimming.drop_outside,
    trimming.drop_insets,
    trimming.drop_strangers,
    trimming.cut_tail,
    trimming.drop_links,
    trimming.drop_labelled_links,
    trimming.drop_link_lists,
    trimming.drop_dates_and_bylines,
    trimming.drop_paywall,
    trimming.drop_promotion,
    trimming.drop_credits,
    trimming.drop_biography,
    trimming.drop_orphans,
)
