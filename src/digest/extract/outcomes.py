"""Says honestly what kind of page it was when it was no article, or not a whole one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.extract import wording
from digest.extract.blocks import Block, key, size
from digest.extract.declared import Declared, kinds
from digest.extract.draft import Draft
from digest.extract.languages import spoken_language
from digest.model import FeedClaims

SHORT = 300  # letters of body below which the page must explain itself
NOTHING = 80
_ERROR_TITLE = re.compile(
    r"(?i)\b(?:404|403|410|500|502|503)\b|(?:page|article|seite|página|pagina)\s(?:was\s|wurde\s)?(?:not|nicht|no|"
    r"non)\s(?:be\s)?(?:found|gefunden|encontrada|trovata)|"
    r"not found|page introuvable|페이지를 찾을 수 없|ページが見つかりません|"
    r"页面不存在|страница не найдена|access denied|forbidden|"
    r"just a moment|attention required|are you a robot|bot verification|service unavailable|bad gateway|"
    r"internal server error|"
    r"temporarily unavailable|under maintenance|wartungsarbeiten"
)
_BOT_CHECK = re.compile(
    r"(?i)verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser|"
    r"enable javascript and cookies to continue|unusual traffic|complete the captcha|ray id"
)
_CONSENT = re.compile(
    r"(?i)(?:we|our \d+ partners|wir|nous|nosotros|noi|vi)\b.{0,80}\b(?:cookies|cookie)\b|\bcookies? (?:policy|"
    r"consent|einstellungen|zustimmung)|"
    r"zustimmen und weiter|accept all|alle akzeptieren|tout accepter|aceptar todo|accetta tutto|einwilligung|"
    r"consentement|before you continue|"
    r"pur-abo|consent or pay|mit werbung weiterlesen|continue without accepting|continuer sans accepter|쿠키|クッキー"
)
_LOGIN = re.compile(
    r"(?i)\b(?:log ?in|sign in|anmelden|einloggen|connectez-vous|se connecter|inicia sesión|accedi|logga in|"
    r"logg inn|zaloguj|войти|ログイン|로그인|登录)\b"
)
_PASSWORD = re.compile(
    r"(?i)passwor[dt]|kennwort|mot de passe|contraseña|senha|wachtwoord|hasło|пароль|パスワード|비밀번호|密码"
)
_SCRIPT = re.compile(
    r"(?i)(?:enable|turn on|activate|requires?|need)\s.{0,20}java ?script|java ?script (?:is )?(?:disabled|"
    r"required|aktivieren|deaktiviert)|activer? javascript|habilita(?:r)? javascript|javascript 활성화|JavaScriptを有効"
)

_COMMENTING = re.compile(r"(?i)\bcomment|\bréagi|kommentar|kommentier|comentar|коммент|コメント|댓글|评论")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why a page gave no whole article, in words. `junk`: what was found on it is no part of the article either."""

    error: str
    junk: bool = False


def judge(draft: Draft, declared: Declared, claims: FeedClaims, language: str | None) -> Outcome | None:
    """What speaks against this being an article, and the whole of it; None when nothing does."""
    return (
        _error(draft, declared)
        or _cut_off(draft, declared)
        or _instead(draft, declared)
        or _other_kind(draft, declared)
        or _contradiction(draft, declared, claims, language)
    )


def _error(draft: Draft, declared: Declared) -> Outcome | None:
    """An error page with status 200, or a guard in front of the page."""
    if size(draft.text) >= 3 * SHORT:
        return None
    if _ERROR_TITLE.search(f"{declared.title} {_headings(draft)}"):
        return Outcome("the page is an error page", junk=True)
    if _BOT_CHECK.search(_page(draft)):
        return Outcome("the site asks for a proof of being human", junk=True)
    return None


def _instead(draft: Draft, declared: Declared) -> Outcome | None:
    """Something that the site shows instead of the article."""
    chars, blocks = size(draft.text), draft.blocks
    if chars >= 2 * SHORT:
        return None
    page = _page(draft)
    shown = size(page)
    if chars < 2 * SHORT and shown < 6000 and len(_CONSENT.findall(page)) > 1:
        return Outcome("the page asks for consent to cookies instead of showing the article", junk=True)
    if chars < SHORT and shown < 4000 and _LOGIN.search(page) and (_PASSWORD.search(page) or len(blocks) < 15):
        return Outcome("the page asks to log in", junk=True)
    if chars < 2 * SHORT and _is_video(declared):
        return Outcome("a video page")
    if chars < SHORT and (_SCRIPT.search(page) or (shown < 250 and declared.runs_scripts)):
        return Outcome("the page shows its text only with JavaScript", junk=True)
    return None


def _cut_off(draft: Draft, declared: Declared) -> Outcome | None:
    """The beginning of an article, before a paywall."""
    chars = size(draft.text)
    # Who may comment is another matter than who may read.
    near_end = " ".join(block.text for block in _after(draft) if not _COMMENTING.search(block.text))
    asked = wording.asks_to_subscribe(near_end)
    if chars > NOTHING and ((_pays(declared) and (chars < 1500 or asked)) or (asked and chars < 2500)):
        return Outcome("behind a paywall: only its beginning is public")
    return None


def _other_kind(draft: Draft, declared: Declared) -> Outcome | None:
    """Something that goes on changing, or nothing at all."""
    if any(kind == "LiveBlogPosting" for node in declared.nodes for kind in kinds(node)):
        return Outcome("a live blog: it goes on changing")
    if size(draft.text) < NOTHING:
        return Outcome("no article was found on the page")
    return None


def _page(draft: Draft) -> str:
    return " ".join(block.text for block in draft.blocks[:400])


def _headings(draft: Draft) -> str:
    return " ".join(block.text for block in draft.blocks if block.heading == 1)


def _after(draft: Draft) -> list[Block]:
    """The end of the body and the blocks that follow it, where a paywall stands."""
    last = max(draft.chosen(), default=0)
    return list(draft.blocks[max(0, last - 2) : last + 12])


def _pays(declared: Declared) -> bool:
    """Does the page itself say that the article isn't free? (schema.org isAccessibleForFree)"""
    value = declared.article.get("isAccessibleForFree")
    return str(value).strip().lower() in ("false", "0", "no") or declared.meta("article:content_tier") in (
        "locked",
        "metered-locked",
    )


def _is_video(declared: Declared) -> bool:
    return declared.meta("og:type").startswith("video") or any(
        kinds(node)[:1] == ["VideoObject"] for node in declared.nodes[:2]
    )


def _contradiction(draft: Draft, declared: Declared, claims: FeedClaims, language: str | None) -> Outcome | None:
    """What the feed said, and the page doesn't bear out."""
    wanted = (claims.language or "")[:2].lower()
    spoken = spoken_language(draft.text) if wanted and wanted != language else None
    if spoken and spoken not in (wanted, claims.language):
        return Outcome(f"the page is in another language than the feed: {spoken} instead of {wanted}")
    said = f"{claims.title} {claims.summary}"
    found = " ".join((declared.title, declared.meta("og:title"), _headings(draft), draft.text))
    if claims.title and not _overlaps(said, found):
        return Outcome("suspicious: the page has nothing in common with the feed's title and summary", junk=True)
    return None


def _overlaps(said: str, found: str) -> bool:
    """Do two texts share a fifth of the first one's longer words, or pairs of characters where words have no spaces?"""
    wanted = _grams(said)
    return not wanted or len(wanted & _grams(found)) >= 0.2 * len(wanted)


def _grams(text: str) -> set[str]:
    words = {word for word in re.findall(r"[^\W\d_]+|\d{2,}", text.casefold()) if len(word) > 3 or not word.isascii()}
    dense = key("".join(re.findall(r"[\u3040-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]+", text)))
    return {word[:5] for word in words if not re.search(r"[\u3040-\u9fff\u0e00-\u0e7f]", word)} | {
        dense[at : at + 2] for at in range(len(dense) - 1)
    }
