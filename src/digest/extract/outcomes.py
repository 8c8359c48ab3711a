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
_BUTTON = 45  # characters of what can be clicked, or of a field's name
_CODE = r"(?:40[0134]|410|429|50[0234])"
_ERROR_WORD = (
    r"(?:error|fehler|erreur|errore|erro|fel|feil|fejl|virhe|błąd|chyba|hiba|hata|ошибка|помилка|σφάλμα|エラー|오류|"
    r"错误|錯誤|خطأ|שגיאה)"
)
_OF_A_PAGE = r"(?:not found|forbidden|denied|unavailable|error|gateway|trouvée?|gefunden|encontrada|trovata)"
# The whole of a page's title, or of what stands between bars and dashes in it.
_ERROR_TITLE = re.compile(
    rf"(?i)\W*(?:{_CODE}|{_ERROR_WORD}\W{{1,3}}{_CODE}\b.{{0,40}}|"
    rf"{_CODE}\W{{1,3}}(?:{_ERROR_WORD}|[^.]{{0,25}}\b{_OF_A_PAGE})\b.{{0,30}}|"
    r"(?:the |this |requested |that |diese |die |cette |la |esta |a |questa )*"
    r"(?:web ?)?(?:page|article|url|content|seite|artikel|página|pagina|sidan|siden|strona|stránka|oldal|halaman)\s"
    r"(?:\w+\s){0,5}?(?:not (?:be )?found|not available|does ?n[o’']t exist|no longer exists|can[’']?t be found|"
    r"nicht (?:\w+ )?(?:gefunden|vorhanden|verfügbar)|existiert nicht|introuvable|n[’']existe (?:pas|plus)|"
    r"no (?:se )?(?:ha sido )?encontrada|no existe|não (?:foi )?encontrada|non (?:è stata )?trovata|non esiste|"
    r"niet gevonden|bestaat niet|hittades inte|kunde inte hittas|finns inte|finnes ikke|ikke fundet|"
    r"nie (?:została )?znalezion\w+|nie istnieje|nenalezena|neexistuje|nem található|tidak ditemukan).{0,40}|"
    r"nie znaleziono.{0,20}|(?:not found|nicht gefunden|sayfa bulunamadı|sivua ei löyt\w+|η σελίδα δεν βρέθηκε)\W*|"
    r"(?:oops|ups|hoppla|sorry|whoops)\b.{0,40}\b(?:page|seite|página|pagina|found|gefunden|exist)\b.{0,30}|"
    r"페이지를 찾을 수 없.{0,8}|ページが見つかりません.{0,4}|.{0,8}页面(?:不存在|未找到|找不到)|"
    r"страница не (?:найдена|существует)|сторінку не знайдено|الصفحة غير موجودة|הדף לא נמצא|"
    r"access denied|access to this page has been denied|forbidden|service (?:temporarily )?unavailable|bad gateway|"
    r"internal server error|(?:site |temporarily )?(?:under maintenance|temporarily unavailable)|wartungsarbeiten)\W*"
)
_PARTS_OF_TITLE = re.compile(r"\s+[|·•–—«»<>:-]+\s+|\s*[|｜]\s*")
_BOT_TITLE = re.compile(
    r"(?i)\W*(?:just a moment|attention required|are you (?:a )?(?:robot|human)|bot verification|human verification|"
    r"pardon our interruption|security check|checking your browser|einen moment)\b.{0,30}"
)
_BOT_CHECK = re.compile(
    r"(?i)verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser|press (?:and|&) hold|"
    r"confirm you are (?:a )?human|enable javascript and cookies to continue|unusual traffic|"
    r"complete the captcha|ray id"
)
# A button or a line of its own.
_ACCEPT = re.compile(
    r"(?i)\W*(?:(?:yes|ja|sí|sì|oui),? )?(?:(?:i |we |ich |j['’]|jag |jeg )?(?:accept|agree|consent|allow)\w*|"
    r"akzeptier\w*|alle akzeptieren|(?:alle[ms]? )?zustimm\w*|"
    r"einverstanden|tout accepter|(?:continuer sans )?accepter|acept(?:ar|o)\w*|accett[ao]\w*|"
    r"aceit(?:ar|o)\w*|(?:alles |alle )?(?:accepteren|toestaan)|akkoord|akceptuj\w*|zgadzam|godkänn\w*|godta\w*|"
    r"acceptera|hyväksy\w*|přijmout|souhlasím|elfogadom|kabul\w*|принять|соглас\w+|setuju|すべて許可|"
    r"同意|동의|모두 동의|接受|موافق|قبول|אישור|מסכים)(?=\W|$).{0,30}"
)
_LOGIN = re.compile(
    r"(?i)\b(?:log ?in|sign in|anmelden|einloggen|connectez-vous|se connecter|inicia[r]? sesión|accedi|logga in|"
    r"entrar|inloggen|logg inn|log ind|kirjaudu|zaloguj|přihlásit|giriş yap|oturum aç|войти|увійти|"
    r"ログイン|로그인|登录|登入)\b|تسجيل الدخول|התחבר"
)
_PASSWORD = re.compile(
    r"(?i)passwor[dt]|kennwort|mot de passe|contraseña|senha|wachtwoord|hasło|lösenord|passord|adgangskode|"
    r"salasana|heslo|şifre|пароль|パスワード|비밀번호|密码|密碼|كلمة (?:المرور|السر)|סיסמה"
)
_SCRIPT = re.compile(
    r"(?i)(?:enable|turn on|activate|requires?|need)\s.{0,20}java ?script|java ?script (?:is )?(?:disabled|"
    r"required|aktivieren|deaktiviert)|activer? javascript|habilita(?:r)? javascript|javascript 활성화|"
    r"JavaScriptを有効|(?:schakel|aktivera|włącz|включите|etkinleştir|ative o|启用)\s?javascript|"
    r"javascript.{0,12}(?:inschakelen|etkinleştir)"
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
    chars = size(draft.text)
    if chars >= 3 * SHORT:
        return None
    titles = [*_PARTS_OF_TITLE.split(declared.title), *(block.text for block in draft.blocks if block.heading == 1)]
    if any(map(_BOT_TITLE.fullmatch, titles)) or (chars < SHORT and _BOT_CHECK.search(_page(draft))):
        return Outcome("the site asks for a proof of being human", junk=True)
    if any(map(_ERROR_TITLE.fullmatch, titles)):
        return Outcome("the page is an error page", junk=True)
    return None


def _instead(draft: Draft, declared: Declared) -> Outcome | None:
    """Something that the site shows instead of the article."""
    chars = size(draft.text)
    if chars >= 2 * SHORT:
        return None
    page = _page(draft)
    shown = size(page)
    if shown < 6000 and _asks_for_consent(draft):
        return Outcome("the page asks for consent to cookies instead of showing the article", junk=True)
    if chars < SHORT and shown < 4000 and _asks_to_log_in(draft, declared):
        return Outcome("the page asks to log in", junk=True)
    if chars < 2 * SHORT and _is_video(declared):
        return Outcome("a video page")
    if chars < SHORT and (_SCRIPT.search(page) or (shown < 250 and declared.runs_scripts)):
        return Outcome("the page shows its text only with JavaScript", junk=True)
    return None


def _asks_for_consent(draft: Draft) -> bool:
    """Does the page have something to click that accepts, and is what it says mostly of cookies and consent?"""
    offered = any(len(block.text) < _BUTTON and _ACCEPT.fullmatch(block.text) for block in draft.blocks)
    said = [line.text for line in draft.lines] or [block.text for block in draft.blocks]
    of_consent = sum(len(text) for text in said if wording.speaks_of_consent(text) or _ACCEPT.fullmatch(text))
    return offered and of_consent >= 0.5 * sum(map(len, said))


def _asks_to_log_in(draft: Draft, declared: Declared) -> bool:
    """Does the page have a field for a password, or call itself a page to log in at?"""
    short = [block.text for block in draft.blocks if len(block.text) < _BUTTON]
    entitled = bool(_LOGIN.match(declared.title))
    return any(map(_LOGIN.search, short)) and (any(map(_PASSWORD.search, short)) or entitled)


def _cut_off(draft: Draft, declared: Declared) -> Outcome | None:
    """The beginning of an article, before a paywall."""
    chars = size(draft.text)
    asked = _asks_to_pay(draft, chars)
    if chars > NOTHING and ((_pays(declared) and (chars < 1500 or asked)) or (asked and chars < 2500)):
        return Outcome("behind a paywall: only its beginning is public")
    return None


def _asks_to_pay(draft: Draft, chars: int) -> bool:
    """Does what stands at the body's end, and is no part of it, ask to pay for reading on?

    A mark behind a link is another article's. A mere offer tells only of a text that is short.
    """
    # Who may comment is another matter than who may read.
    around = [block for block in _after(draft) if not _COMMENTING.search(block.text)]
    dropped = [change.text for change in draft.changes if change.step == "paywall"]
    texts = [*dropped, *(block.text for block in around)]
    unlinked = [*dropped, *(block.text for block in around if block.link_share < 0.5)]
    return (
        any(map(wording.asks_to_pay, texts))
        or any(map(wording.is_paid_for, unlinked))
        or (chars < 2 * SHORT and any(map(wording.offers_subscription, texts)))
    )


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
    """What is left out of the body at its end, where a paywall stands."""
    chosen = draft.chosen()
    last = max(chosen, default=0)
    return [block for block in draft.blocks[max(0, last - 2) : last + 12] if block.number not in chosen]


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
