"""The steps from trafilatura's choice to the article, in their order; docs/decisions/041 has their gains."""

from __future__ import annotations

from collections.abc import Callable

from digest.extract import finding, pruning, trimming
from digest.extract.draft import Draft

Step = Callable[[Draft], None]

STEPS: tuple[Step, ...] = (
    pruning.drop_menus,
    pruning.drop_consent,
    finding.rescue,
    finding.find_headline,
    finding.fill_from_declared_body,
    finding.recover_containers,
    finding.recover_paragraphs,
    finding.recover_lists,
    finding.recover_pieces,
    finding.recover_runs,
    pruning.drop_hidden,
    pruning.drop_other_articles,
    trimming.drop_headline,
    pruning.drop_above_headline,
    finding.add_standfirst,
    pruning.drop_placeholders,
    pruning.drop_boxes,
    pruning.drop_outside,
    pruning.drop_insets,
    pruning.drop_strangers,
    trimming.drop_scraps,
    trimming.cut_tail,
    trimming.cut_teasers,
    trimming.drop_links,
    trimming.drop_labelled_links,
    trimming.drop_link_lists,
    trimming.drop_dates_and_bylines,
    trimming.drop_paywall,
    trimming.drop_promotion,
    trimming.drop_pull_quotes,
    trimming.drop_credits,
    trimming.drop_biography,
    finding.recover_claims,
    trimming.drop_orphans,
)
