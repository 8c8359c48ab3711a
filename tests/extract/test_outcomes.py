"""Pages that are no articles say so in sixteen languages, and articles about such pages are articles."""

from __future__ import annotations

import json
from html import escape

import golden
import pytest

from digest.extract import article
from digest.model import Article, Page

# Texts to stand before a wall: of one golden page in each language.
TEXTS = {page.language: page for page in golden.load() if len(page.paragraphs) > 5 and page.complete}

WALLS = {
    "en": "Continue reading with a subscription. Subscribe from 1 a week.",
    "de": "Weiterlesen mit Abo. Diesen Artikel lesen Sie mit einem Abonnement.",
    "fr": "La suite est réservée aux abonnés. Il vous reste 72% de cet article à lire.",
    "es": "Este contenido es exclusivo para suscriptores. Suscríbete para seguir leyendo.",
    "it": "Contenuto riservato agli abbonati. Per continuare a leggere abbonati.",
    "pt": "Conteúdo exclusivo para assinantes. Assine para continuar lendo.",
    "nl": "Dit artikel is alleen voor abonnees. Word abonnee en lees verder.",
    "pl": "Pozostało 70% artykułu. Treść dostępna dla prenumeratorów.",
    "sv": "Läs hela artikeln. Bli prenumerant för att läsa vidare.",
    "ja": "この記事は有料会員限定です。残り 812文字",
    "ko": "이 기사는 유료 회원 전용입니다. 로그인 후 이용하세요.",
    "zh": "本文为付费内容，订阅后阅读全文。",
    "ru": "Материал доступен только для подписчиков. Оформите подписку, чтобы читать дальше.",
    "tr": "Bu içerik abonelere özeldir. Devamını okumak için abone olun.",
    "ar": "هذا المحتوى متاح للمشتركين فقط. اشترك لمتابعة القراءة.",
    "he": "הכתבה המלאה למנויים בלבד. להמשך קריאה הירשמו.",
}
CONSENT = {
    "en": (
        "We and our 182 partners store and access information on a device, such as cookies. With "
        "your consent we may use precise geolocation data. Accept all. Manage options. Cookie policy."
    ),
    "de": (
        "Wir und unsere 182 Partner nutzen Cookies. Mit Werbung weiterlesen. Zustimmen und weiter. "
        "Oder: Pur-Abo ohne Tracking. Cookie Einstellungen."
    ),
    "fr": (
        "Nous et nos 182 partenaires utilisons des cookies. Tout accepter. Continuer sans accepter. Votre consentement."
    ),
    "es": ("Nosotros y nuestros 182 socios usamos cookies. Aceptar todo. Rechazar y suscribirse. Política de cookies."),
    "it": "Noi e i nostri 182 partner usiamo cookie. Accetta tutto. Rifiuta e abbonati. Cookie policy.",
    "nl": ("Wij en onze 182 partners plaatsen cookies. Alles accepteren. Cookie-instellingen beheren. Toestemming."),
    "pl": ("My i nasi 182 partnerzy używamy plików cookie. Akceptuję wszystkie. Zarządzaj zgodami. Polityka cookies."),
    "pt": "Nós e nossos 182 parceiros usamos cookies. Aceitar tudo. Gerir opções. Política de cookies.",
    "sv": ("Vi och våra 182 partners använder cookies. Godkänn alla. Hantera inställningar. Cookiepolicy."),
}
LOGIN = {
    "en": ("Log in", "Password"),
    "de": ("Anmelden", "Passwort"),
    "fr": ("Se connecter", "Mot de passe"),
    "es": ("Iniciar sesión", "Contraseña"),
    "pl": ("Zaloguj się", "Hasło"),
    "ja": ("ログイン", "パスワード"),
    "nl": ("Inloggen", "Wachtwoord"),
    "tr": ("Giriş yap", "Şifre"),
}
GONE = [
    ("en", "Page not found", "Sorry, the page you were looking for does not exist or has been moved."),
    ("de", "Seite nicht gefunden", "Die gewünschte Seite existiert leider nicht mehr."),
    ("fr", "Page introuvable", "La page que vous cherchez n’existe plus."),
    ("es", "Página no encontrada", "La página que buscas ya no existe."),
    ("it", "Pagina non trovata", "La pagina che cerchi non esiste più."),
    ("pt", "Página não encontrada", "A página que você procura não existe mais."),
    ("nl", "Pagina niet gevonden", "De pagina die je zoekt bestaat niet meer."),
    ("pl", "Nie znaleziono strony", "Strona, której szukasz, nie istnieje."),
    ("sv", "Sidan kunde inte hittas", "Sidan du söker finns inte längre."),
    ("ru", "Страница не найдена", "Такой страницы больше нет."),
    ("ja", "ページが見つかりません", "お探しのページは削除されたか移動しました。"),
    ("ko", "페이지를 찾을 수 없습니다", "요청하신 페이지가 없습니다."),
    ("tr", "Sayfa bulunamadı", "Aradığınız sayfa artık yok."),
    ("zh", "页面不存在", "您访问的页面已被删除。"),
    ("en", "Oops! That page can’t be found.", "It looks like nothing was found at this location. Maybe try a search?"),
    ("en", "Error 404", "Something went wrong."),
    ("de", "Fehler 404", "Die Seite wurde nicht gefunden."),
]
SCRIPTS = {
    "en": "You need to enable JavaScript to run this app.",
    "de": "Bitte aktivieren Sie JavaScript, um diese Seite zu nutzen.",
    "fr": "Veuillez activer JavaScript pour afficher cette page.",
    "es": "Por favor, active JavaScript para ver esta página.",
    "pt": "Ative o JavaScript para ver esta página.",
    "ru": "Включите JavaScript, чтобы увидеть эту страницу.",
    "ja": "JavaScriptを有効にしてください。",
    "zh": "请启用JavaScript以查看此页面。",
}
ARTICLES = {
    "cookies-en": (
        "en",
        "What the new cookie rules mean for readers",
        (
            "The regulator published new rules for cookie banners on Tuesday, and publishers have "
            "six months to change how they ask for consent."
        ),
        (
            "We and our partners, a phrase that opens most cookie notices, may no longer stand above "
            "a single button that says accept all, the regulator wrote."
        ),
        (
            "A survey by the consumer council found that nine in ten people click accept all without "
            "reading the cookie policy behind it."
        ),
        (
            "Publishers fear for their income. “Consent or pay is the only model that has worked,” "
            "said one executive who asked not to be named."
        ),
    ),
    "cookies-de": (
        "de",
        "Was das Urteil zu Cookie-Bannern bedeutet",
        (
            "Das Gericht hat am Dienstag entschieden, dass Cookie-Einstellungen ebenso leicht "
            "abzulehnen sein müssen wie anzunehmen."
        ),
        (
            "Wer auf „Alle akzeptieren“ klickt, soll künftig gleich groß daneben „Alle ablehnen“ "
            "lesen, heißt es in der Begründung."
        ),
        (
            "Das Pur-Abo vieler Verlage bleibt vorerst erlaubt, wenn der Preis angemessen ist und "
            "die Einwilligung freiwillig."
        ),
        "Verbraucherschützer sprachen von einem guten Tag, die Verlage wollen in Berufung gehen.",
    ),
    "cookies-fr": (
        "fr",
        "Cookies : ce que change la décision de la Cnil",
        (
            "L’autorité a tranché mardi : refuser les cookies doit être aussi simple que de les "
            "accepter, sous peine d’amende."
        ),
        ("Le bouton « Tout accepter » ne pourra plus figurer seul, et « continuer sans accepter » devra être lisible."),
        ("Le consentement des lecteurs reste au cœur du modèle de nombreux sites, qui vivent de la publicité."),
        "Les éditeurs ont six mois pour s’adapter, après quoi des contrôles auront lieu.",
    ),
    "paywalls-en": (
        "en",
        "Local papers give up the paywall",
        ("Three local papers on the coast will drop their paywall in January, their publisher said on Monday."),
        (
            "For ten years readers met the words “subscribe to continue reading” after five articles "
            "a month, and many of them turned away."
        ),
        "Only four thousand people had started a trial, far too few to pay for two newsrooms.",
        ("The papers will now ask readers for donations, as others have done before them with success."),
    ),
    "paywalls-de": (
        "de",
        "Warum Verlage auf Abos setzen",
        ("Immer mehr Verlage verstecken ihre Texte hinter einer Bezahlschranke, wie eine Umfrage des Verbands zeigt."),
        "Acht von zehn Zeitungen bieten Plus-Artikel an, die nur für Abonnenten zu lesen sind.",
        (
            "„Bereits Abonnent?“ ist laut der Studie die Zeile, die Leser am häufigsten sehen und am "
            "seltensten anklicken."
        ),
        "Der Verband rechnet damit, dass die Einnahmen in diesem Jahr um ein Zehntel steigen.",
    ),
    "login-en": (
        "en",
        "Thousands locked out of their accounts",
        (
            "Thousands of customers could not log in to their bank on Monday after a change of its "
            "password rules went wrong."
        ),
        (
            "The bank asked everyone to choose a new password of at least fourteen characters, but "
            "its servers could not cope with the rush."
        ),
        "By noon, nine thousand people had called the hotline, and some waited for three hours.",
        "The bank apologised and said that nobody had lost any money.",
    ),
    "login-es": (
        "es",
        "Miles de clientes sin acceso a sus cuentas",
        (
            "Miles de clientes no pudieron iniciar sesión el lunes en su banco tras un cambio de las "
            "normas de contraseña."
        ),
        (
            "El banco pidió a todos elegir una contraseña nueva de catorce caracteres, pero sus "
            "servidores no soportaron la avalancha."
        ),
        "A mediodía habían llamado nueve mil personas y algunas esperaron tres horas.",
        "El banco pidió disculpas y aseguró que nadie había perdido dinero.",
    ),
    "404-en": (
        "en",
        "How a 404 page became a work of art",
        ("The museum has bought a web page that was never meant to be seen: the error 404 page of a defunct airline."),
        ("“Page not found” stands on it in letters made of clouds, drawn by a pilot in his free time."),
        ("The curator says that error pages are the graffiti of the web, made by people whom nobody asked."),
        "It will be shown from May beside posters and logos of the same years.",
    ),
    "js-en": (
        "en",
        "Why some sites still need JavaScript",
        ("A group of engineers wants news sites to work without JavaScript, and has tested two hundred of them."),
        ("Forty showed nothing but a line that asked readers to enable JavaScript, the group wrote in its report."),
        ("Slow phones suffer most, it says, because scripts take longer to run than the text takes to arrive."),
        "Publishers answered that advertisements need scripts, and that text alone pays no wages.",
    ),
    "captcha-en": (
        "en",
        "The end of the picture puzzle",
        ("The puzzle in which people had to click on traffic lights to verify that they are human is going away."),
        ("Its inventor said on Monday that machines now complete the captcha faster than people do."),
        "Sites will look at how a visitor moves instead, and check the browser in the background.",
        ("Privacy groups warn that this means more tracking, not less, and want the regulator to step in."),
    ),
    "ld-paid-but-whole": (
        "en",
        "The long road to the bridge",
        (
            "The island council voted on Wednesday evening to keep the night ferry running through "
            "the winter, two months after it had announced the end of the service. It was a long "
            "evening, and nobody left before the end of the debate, which the chair had to interrupt "
            "four times."
        ),
        (
            "More than four thousand people had signed a petition against the cut, among them nurses "
            "and dockers who work late shifts on the mainland and have no other way home. It was a "
            "long evening, and nobody left before the end of the debate, which the chair had to "
            "interrupt four times."
        ),
        (
            "“We listened, we counted again and we found the money,” said the chair of the transport "
            "committee, Ruth Ansell, when the meeting closed. It was a long evening, and nobody left "
            "before the end of the debate, which the chair had to interrupt four times."
        ),
        (
            "The crossing loses about three hundred thousand a year, according to figures that the "
            "operator gave to the council in September. It was a long evening, and nobody left "
            "before the end of the debate, which the chair had to interrupt four times."
        ),
        (
            "The county will pay half of that until the end of March, and the operator saves the "
            "rest by laying up its oldest ship. It was a long evening, and nobody left before the "
            "end of the debate, which the chair had to interrupt four times."
        ),
        (
            "Fares stay as they are. It was a long evening, and nobody left before the end of the "
            "debate, which the chair had to interrupt four times."
        ),
        (
            "Nobody could say what happens in April, when the agreement with the county runs out and "
            "the new contract begins. It was a long evening, and nobody left before the end of the "
            "debate, which the chair had to interrupt four times."
        ),
        (
            "The council votes on the budget next week, and no member has announced an objection so "
            "far. It was a long evening, and nobody left before the end of the debate, which the "
            "chair had to interrupt four times."
        ),
    ),
    "brief-404": (
        "en",
        "Flight 404 lands safely on the island",
        ("Flight 404 from the mainland landed safely on Monday after an engine had failed over the sea."),
        "Nobody was hurt, the airport said, and the runway was open again within the hour.",
    ),
    "brief-500": (
        "en",
        "Town gives 500 trees away",
        "The town will give 500 young trees to anyone who has a garden, the mayor said on Monday.",
        "They may be fetched from the old depot on Saturday morning, two for each household.",
    ),
    "brief-403": (
        "de",
        "403 Meter: Neuer Turm am Rhein",
        "Der neue Sendeturm am Rhein wird 403 Meter hoch und löst zwei ältere Türme ab.",
        "Er soll im nächsten Sommer fertig sein, teilte der Betreiber am Montag mit.",
    ),
    "brief-log": (
        "en",
        "Council to log in every boat",
        ("Every boat that enters the harbour will be logged in a public list from May, the council decided."),
        "Sailors will have to sign in at the office or by telephone before they leave again.",
    ),
    "brief-maintenance": (
        "en",
        "Bridge temporarily closed",
        "The bridge at the mill is under maintenance until Friday and stays closed to cars.",
        "Pedestrians may cross between six and ten in the morning.",
    ),
    "es-suscriptores": (
        "es",
        "El diario gana diez mil suscriptores",
        ("El diario local ha ganado diez mil suscriptores en un año, según anunció el lunes su directora."),
        "Parte del contenido para suscriptores pasará a ser abierto los domingos, añadió.",
        "La redacción crecerá en cuatro personas, que cubrirán los pueblos del oeste.",
    ),
    "fr-abonnes": (
        "fr",
        "Le quotidien gagne dix mille abonnés",
        "Le quotidien local a gagné dix mille abonnés en un an, a annoncé lundi sa directrice.",
        "Une partie des articles, jusqu’ici réservés aux abonnés, deviendra libre le dimanche.",
        "La rédaction embauchera quatre personnes pour couvrir les villages de l’ouest.",
    ),
    "ja-kaiin": (
        "ja",
        "町の図書館、会員制を廃止",
        "町の図書館は来月から会員限定の閲覧室をなくし、だれでも使えるようにする。",
        "これまでは有料会員だけが夜間に入れたが、利用者が減っていた。",
        "館長は「続きを読むには家でなく図書館へ」と笑顔で話した。",
    ),
    "ko-hoewon": (
        "ko",
        "군 도서관 유료 회원제 폐지",
        "군 도서관은 다음 달부터 유료 회원 전용 열람실을 없애고 누구나 쓸 수 있게 한다.",
        "그동안 구독자 전용이던 신문 자료실도 함께 개방된다고 관장이 18일 밝혔다.",
        "이용 시간은 밤 10시까지로 늘어난다.",
    ),
    "ru-podpiska": (
        "ru",
        "Газета открыла архив для всех",
        "Районная газета открыла архив, который прежде был доступен только для подписчиков.",
        "Теперь любой читатель может найти номера с 1931 года, сообщил редактор.",
        "Расходы взяла на себя библиотека, которая получила грант.",
    ),
    "zh-dingyue": (
        "zh",
        "县报免费开放数字版",
        "县报从下月起免费开放数字版，此前读者订阅后才能阅读全文。",
        "报社负责人说，付费阅读在县里一直难以推广。",
        "纸质版价格不变，仍可在邮局订阅。",
    ),
}
# What free pages have below or above the article.
BESIDE = {
    "subscribe-footer": (
        "en",
        (
            "<div class=box><h3>Support local journalism</h3><p>Subscribe now to read without "
            "advertisements and get our weekly letter.</p><p>Already a subscriber? <a href=#>Log "
            "in</a></p></div>"
        ),
    ),
    "subscribe-footer-de": (
        "de",
        (
            "<div class=box><h3>Unterstützen Sie uns</h3><p>Jetzt abonnieren und ohne Werbung "
            "lesen.</p><p>Bereits Abonnent? <a href=#>Anmelden</a></p></div>"
        ),
    ),
    "subscribe-footer-fr": (
        "fr",
        (
            "<div class=box><p>Abonnez-vous pour soutenir notre rédaction.</p><p>Déjà abonné ? <a "
            "href=#>Se connecter</a></p></div>"
        ),
    ),
    "trial-footer": ("en", ("<div class=box><p>Start your free trial of the print edition.</p></div>")),
    "related-premium": (
        "de",
        (
            "<div class=rel><h3>Mehr zum Thema</h3><ul><li><a href=#>Plus-Artikel: Wie der Hafen "
            "wächst</a></li><li><a href=#>Nur für Abonnenten: Die Akte Brücke</a></li></ul></div>"
        ),
    ),
    "related-premium-ja": (
        "ja",
        (
            "<div class=rel><h3>関連記事</h3><ul><li><a href=#>会員限定 港の十年</a></li><li><a href=#>有料会員 "
            "灯台を歩く</a></li></ul></div>"
        ),
    ),
    "related-premium-en": (
        "en",
        (
            "<div class=rel><h3>More</h3><ul><li><a href=#>Premium article: how the harbour "
            "grew</a></li><li><a href=#>For subscribers only: the bridge files</a></li></ul></div>"
        ),
    ),
    "comment-login": (
        "en",
        (
            "<div id=c><h3>Comments</h3><p>You must be logged in to post a comment.</p><p>Only "
            "subscribers can comment. Already a subscriber? Log in.</p></div>"
        ),
    ),
    "comment-login-de": (
        "de",
        ("<div id=c><h3>Kommentare</h3><p>Nur Abonnenten können kommentieren. Bereits Abonnent? Anmelden.</p></div>"),
    ),
    "cookie-banner-page": (
        "en",
        ("<div id=banner><p>We and our 182 partners use cookies. Accept all. Cookie policy.</p></div>"),
    ),
    "cookie-banner-short": (
        "en",
        (
            "<div id=banner><p>We and our 182 partners use cookies.</p><button>Accept all</button><a "
            "href=#>Cookie policy</a></div>"
        ),
    ),
    "cookie-banner-short-de": (
        "de",
        (
            "<div id=banner><p>Wir und unsere Partner nutzen Cookies.</p><p>Alle akzeptieren</p><a "
            "href=#>Cookie Einstellungen</a></div>"
        ),
    ),
    "noscript-short": ("en", ("<div id=d><p>Please enable JavaScript to view the comments.</p></div>")),
}
PAID = {"@type": "NewsArticle", "headline": "x", "isAccessibleForFree": "False"}


def page(language: str, title: str, inside: str, head: str = "") -> Article:
    markup = (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8><title>{title}</title>{head}</head><body>"
        f"<header><a href=/>Site</a><nav><a href=/a>News</a> <a href=/b>Sport</a></nav></header><main><article>"
        f"<h1>{title}</h1>{inside}</article></main><footer><a href=/i>Imprint</a></footer></body></html>"
    )
    return article(Page("https://press.example/x", markup.encode()))


def text(language: str, paragraphs: int) -> tuple[str, str]:
    """The title of an article, and so many paragraphs of it, marked up."""
    found = TEXTS[language]
    kept = [part for part in found.paragraphs if part != found.lead][:paragraphs]
    return found.title, "".join(f"<p>{escape(part, quote=False)}</p>" for part in kept)


def says(found: Article, reason: str) -> bool:
    return not found.complete and reason in (found.error or "")


@pytest.mark.parametrize("language", WALLS)
def test_the_beginning_of_an_article_before_a_wall_is_called_that(language: str):
    title, inside = text(language, 2)
    assert says(page(language, title, f"{inside}<div class=wall><p>{WALLS[language]}</p></div>"), "paywall")


@pytest.mark.parametrize("data", [PAID, {"@graph": [{"@type": "WebPage"}, PAID]}], ids=["alone", "in a graph"])
def test_a_page_that_declares_its_article_paid_for_is_believed(data: dict[str, object]):
    title, inside = text("de", 2)
    assert says(page("de", title, inside, f"<script type='application/ld+json'>{json.dumps(data)}</script>"), "paywall")


@pytest.mark.parametrize("language", CONSENT)
def test_a_wall_of_consent_is_no_article(language: str):
    lines = "".join(f"<p>{line.strip(' .')}.</p>" for line in CONSENT[language].split(". "))
    assert says(page(language, "The Harbour Gazette", lines), "consent")


@pytest.mark.parametrize("language", LOGIN)
def test_a_page_to_log_in_at_is_no_article(language: str):
    button, password = LOGIN[language]
    form = f"<form><label>E-mail</label><input><label>{password}</label><input><button>{button}</button></form>"
    assert says(page(language, button, f"{form}<p>{password}?</p>"), "log in")


@pytest.mark.parametrize(("language", "title", "told"), GONE)
def test_a_page_that_is_gone_is_an_error_whatever_its_status(language: str, title: str, told: str):
    assert says(page(language, title, f"<p>{told}</p>"), "error page")


@pytest.mark.parametrize("language", SCRIPTS)
def test_a_shell_asks_for_scripts(language: str):
    inside = f"<div id=root></div><p>{SCRIPTS[language]}</p><script src=a></script>"
    markup = f"<html lang={language}><title>Harbour</title>{inside}"
    assert says(article(Page("https://press.example/x", markup.encode())), "JavaScript")


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_about_walls_errors_and_passwords_is_whole(name: str):
    language, title, *paragraphs = ARTICLES[name]
    found = page(language, title, "".join(f"<p>{part}</p>" for part in paragraphs))
    assert found.error is None
    assert found.text.split("\n\n") == paragraphs


@pytest.mark.parametrize("name", BESIDE)
def test_offers_and_banners_beside_a_whole_article_make_no_teaser_of_it(name: str):
    language, beside = BESIDE[name]
    title, inside = text(language, 3 if "short" in name else 9)
    assert page(language, title, inside + beside).error is None
