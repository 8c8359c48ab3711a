"""Says honestly what kind of page it was when it was no article, or not a whole one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.extract.blocks import Block, key
from digest.extract.dating import spoken_language
from digest.extract.declared import Declared, kinds
from digest.extract.draft import Draft
from digest.model import FeedClaims

SHORT = 300  # characters of body below which the page must explain itself
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
_PAYWALL = re.compile(
    r"(?i)subscribe (?:now )?to (?:continue|read|keep|unlock|access|finish)|to (?:continue|keep) reading|"
    r"for subscribers only|subscriber[- ]only|"
    r"already a subscriber|this (?:article|story|content) is (?:only )?(?:for|available to|reserved for|"
    r"exclusive to) (?:our )?(?:subscribers|members|premium)|"
    r"you have (?:reached|read|used) .{0,40}(?:free|limit)|start your (?:free )?trial|unlock this article|"
    r"premium article|"
    r"weiterlesen mit|jetzt weiterlesen|(?:mit|als) abo(?:nnent)?\b|nur für abonnenten|abo abschließen|"
    r"bereits abonnent|exklusiv für abonnenten|plus-artikel|um weiterzulesen|"
    r"réservé aux abonnés|abonnez-vous pour|il vous reste .{0,20}% de cet article|pour lire la suite|déjà abonné|"
    r"(?:contenido|artículo|noticia) (?:exclusiv[oa] )?(?:solo |sólo )?para suscriptores|suscríbete para|"
    r"conteúdo (?:exclusivo )?para assinantes|assine para|"
    r"contenuto riservato|riservato agli abbonati|abbonati per|per continuare a leggere|alleen voor abonnees|"
    r"dit artikel is voor abonnees|"
    r"for abonnenter|bare for abonnenter|prenumerant|låst artikel|treść dostępna dla|dla prenumeratorów|"
    r"только для подписчиков|"
    r"有料会員|会員限定|この記事は.{0,12}会員|残り\s?\d+\s?文字|"
    r"구독자 전용|유료 회원|회원 전용|订阅后|付费阅读|会员专享"
)
_PASSWORD = re.compile(
    r"(?i)passwor[dt]|kennwort|mot de passe|contraseña|senha|wachtwoord|hasło|пароль|パスワード|비밀번호|密码"
)
_SCRIPT = re.compile(
    r"(?i)(?:enable|turn on|activate|requires?|need)\s.{0,20}java ?script|java ?script (?:is )?(?:disabled|"
    r"required|aktivieren|deaktiviert)|activer? javascript|habilita(?:r)? javascript|javascript 활성화|JavaScriptを有効"
)


def why_not_whole(
    draft: Draft, declared: Declared, blocks: Sequence[Block], title: str, claims: FeedClaims, language: str | None
) -> str:
    """Why this is no article, or not the whole one, in words; empty when nothing speaks against it."""
    chars = draft.chars
    page = " ".join(block.text for block in blocks[:400])
    near_end = " ".join(block.text for block in _after(draft, blocks))
    if chars < 3 * SHORT and (_ERROR_TITLE.search(declared.title) or _ERROR_TITLE.search(title)):
        return "the page is an error page"
    if chars < 3 * SHORT and _BOT_CHECK.search(page):
        return "the site asks for a proof of being human"
    if _pays(declared) and (chars < 1500 or _PAYWALL.search(near_end)):
        return "behind a paywall: only its beginning is public"
    if _PAYWALL.search(near_end) and chars < 2500:
        return "behind a paywall: only its beginning is public"
    if chars < SHORT and len(page) < 6000 and _CONSENT.search(page) and len(_CONSENT.findall(page)) > 1:
        return "the page asks for consent to cookies instead of showing the article"
    if chars < SHORT and len(page) < 4000 and _LOGIN.search(page) and _asks_password(blocks, page):
        return "the page asks to log in"
    if chars < SHORT and (_SCRIPT.search(page) or len(page) < 250):
        return "the page shows its text only with JavaScript"
    if any(kind == "LiveBlogPosting" for node in declared.nodes for kind in kinds(node)):
        return "a live blog: it goes on changing"
    if chars < 2 * SHORT and _is_video(declared):
        return "a video page"
    if chars < 80:
        return "no article was found on the page"
    return _contradiction(draft, title, claims, language)


def _after(draft: Draft, blocks: Sequence[Block]) -> list[Block]:
    """The end of the body and the blocks that follow it, where a paywall stands."""
    last = max(draft.chosen(), default=0)
    return list(blocks[max(0, last - 2) : last + 12])


def _pays(declared: Declared) -> bool:
    """Does the page itself say that the article isn't free? (schema.org isAccessibleForFree)"""
    value = declared.article.get("isAccessibleForFree")
    return str(value).strip().lower() in ("false", "0", "no") or declared.meta("article:content_tier") in (
        "locked",
        "metered-locked",
    )


def _asks_password(blocks: Sequence[Block], page: str) -> bool:
    return bool(_PASSWORD.search(page)) or len(blocks) < 15


def _is_video(declared: Declared) -> bool:
    return declared.meta("og:type").startswith("video") or any(
        kinds(node)[:1] == ["VideoObject"] for node in declared.nodes[:2]
    )


def _contradiction(draft: Draft, title: str, claims: FeedClaims, language: str | None) -> str:
    """What the feed said, and the page doesn't bear out."""
    if claims.language and language and (spoken := spoken_language(draft.text)):
        wanted = claims.language.lower()[:2]
        if spoken != wanted and language != wanted:
            return f"the page is in another language than the feed: {spoken} instead of {wanted}"
    if claims.title and not _overlaps(f"{claims.title} {claims.summary}", f"{title} {draft.text}"):
        return "suspicious: the page has nothing in common with the feed's title and summary"
    return ""


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
