"""Tells by its words alone whether a line is furniture: dates, bylines, promotion, credits, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.extract.blocks import key

_I = re.IGNORECASE
MORE = re.compile(
    r"^\W*(?:read|see|also|more|watch|listen|related|don.t miss|up next|click|leggi|guarda|lesen|mehr|weiter|siehe|"
    r"auch|lire|voir|"
    r"à lire|lea|leer|lee|ver|vea|leia|veja|saiba|les|lees|läs|se også|læs|czytaj|zobacz|читайте|смотрите|oku|関連|"
    r"相关|관련)\b",
    _I,
)
# Words of a line that gives a date and nothing else. Months by their first letters, which many languages share.
_DATE_WORDS = re.compile(
    r"(?:publi\w*|posted|updat\w*|last|modified|edited|created|first|aktualis\w*|stand|veröffentlicht|erstellt|uhr|"
    r"vom|mis|jour|à|le|"
    r"actualizado|atualizado|às|el|de|del|the|on|at|um|oppdatert|publisert|uppdaterad|publicerad|opublikowano|"
    r"aktualizacja|güncelleme|"
    r"giriş|yayınlanma|опубликовано|обновлено|am|pm|a\.m|p\.m|h|gmt|utc|est|edt|ist|jst|cet|cest|bst|kst|pst|et|"
    r"min|mins|minutes?|read|"
    r"lesezeit|lesedauer|minuten?|minutos?|minuti|lectura|leitura|lettura|lecture|lästid|lesetid|tempo|tiempo|"
    r"temps|reading|time|"
    r"mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"lundi|mardi|mercredi|"
    r"jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|segunda|terça|quarta|"
    r"quinta|sexta|feira|"
    r"jan\w*|feb\w*|fév\w*|fev\w*|mar\w*|mär\w*|apr\w*|avr\w*|abr\w*|may\w*|mai\w*|mag\w*|jun\w*|juin|giu\w*|"
    r"jul\w*|juil\w*|lug\w*|aug\w*|"
    r"août|ago\w*|sep\w*|set\w*|oct\w*|okt\w*|out\w*|ott\w*|nov\w*|dec\w*|dez\w*|déc\w*|dic\w*|ocak|şubat|nisan|"
    r"mayıs|haziran|temmuz|"
    r"ağustos|eylül|ekim|kasım|aralık|янв\w*|фев\w*|мар\w*|апр\w*|мая|июн\w*|июл\w*|авг\w*|сен\w*|окт\w*|ноя\w*|"
    r"дек\w*|года|"
    r"نشر|في|آخر|تحديث|ينا\w*|فبر\w*|مارس|[أا]بر\w*|مايو|يوني\w*|يولي\w*|[أا]غس\w*|سبت\w*|[أا]كت\w*|نوف\w*|ديس\w*|"
    r"年|月|日|時|分|更新|公開|発行|配信|入力|기사입력|입력|수정|등록|승인|년|월|일|오전|오후|发布|发表|时间|来源)"
)
_ARABIC_VOWELS = re.compile("[\u064b-\u0652]")
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_])?", re.UNICODE)
_BY = re.compile(
    r"^(?:by|von|par|por|di|av|af|door|text:?|autor(?:in)?:?|przez|автор:?|yazan:?|文=|取材・?文)\s+\S", _I
)
_FILED = re.compile(
    r"^(?:published|posted|filed|veröffentlicht|erschienen|publié|publicado|pubblicato)\s(?:in|under|dans|en|em)\b.{0,40}$",
    _I,
)
_LABEL_END = re.compile(r"\s*[|:：›»→]\s*")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟\"”»’)]\s*$")
_LABEL_LIST = """
    Advertisement | Advertising | Article | Article content | Comments | Comment | Leave a comment |
    Post a comment | Read more | Read also | See also | Related | Related articles | Related stories |
    Related content | Related topics | Related links | Related channels | Recommended | Recommended for you |
    More on this story | Most read | Most popular | Popular | Trending | Latest news | Share | Share this |
    Share this article | Tags | Topics | Tell us what you think | Embed | Story continues below |
    Story continues below advertisement | Sign up | Subscribe | Newsletter | Listen | Print | Print article |
    Order reprints | Save | Copy link | Loading | About the author | About the authors | Author |
    You may also like | You might also like | What to read next | Up next | Continue reading | Sponsored |
    Anzeige | Werbung | Kommentare | Mehr zum Thema | Mehr Themen | Lesen Sie auch | Lesen Sie mehr |
    Auch interessant | Empfohlen | Empfohlener redaktioneller Inhalt | Externer Inhalt | Teilen |
    Newsletter abonnieren | Zum Thema | Zur Person | Das könnte Sie auch interessieren | Die Autorin |
    Der Autor | Weiterlesen | Schlagworte | Themen | Publicité | Commentaires | Lire aussi | À lire aussi |
    Voir aussi | Sur le même sujet | Partager | Articles liés | Mots-clés | Publicidad | Comentarios |
    Noticia relacionada | Noticias relacionadas | Lea también | Le puede interesar | Más información |
    Te puede interesar | Compartir | Etiquetas | Temas | Publicidade | Comentários | Leia também | Leia mais |
    Veja também | Saiba mais | Compartilhe | Notícias relacionadas | Pubblicità | Commenti | Leggi anche |
    Leggi di più | Potrebbe interessarti | Condividi | Articoli correlati | Advertentie | Reacties | Lees ook |
    Lees meer | Deel dit artikel | Annonse | Les også | Les mer | Annons | Läs också | Läs mer | Annonce |
    Læs også | Reklama | Komentarze | Czytaj także | Zobacz też | Článek | Čtěte také | Související |
    Etiketler | Haberler | İlgili haberler | Yorumlar | Реклама | Комментарии | Читайте также | Читайте ещё |
    Смотрите также | По теме | 関連記事 | 関連キーワード | 関連ニュース | おすすめ情報 | おすすめ記事 |
    あわせて読みたい |
    コメント | シェア | 配信 | 公開日 | 更新日 | 続きを読む | 広告 |
    この記事をシェア | ランキング | 관련기사 | 관련 기사 | 관련뉴스 | 댓글 |
    공유 | 광고 | 인기기사 | 많이 본 뉴스 | 주요뉴스 | 저작권자 | 기사 URL이 복사되었습니다 |
    相关新闻 | 相关阅读 | 相关文章 | 推荐阅读 | 延伸阅读 | 评论 | 分享 | 广告 | 责任编辑 | 热门文章
"""
_LABELS = frozenset(key(label) for label in re.split(r"[|\n]", _LABEL_LIST)) - {""}
_PROMOTION = re.compile(
    r"""^\W*(?:
      (?:sign|log)\s(?:up|in)\b.{0,120}(?:newsletter|e-?mail|inbox|account|alert|free|here|app|access) |
      subscribe\s(?:to|now|today|here|for)\b |
      (?:get|receive)\b.{3,100}(?:inbox|newsletter|letterbox|delivered|straight\sto\syour|alerts|updates\s(?:and|
      from|on)) |
      (?:please\s)?(?:follow|like|join|find)\s(?:us|me|\S+(?:\s\S+){0,4})\son\s(?:twitter|facebook|instagram|x\b|
      youtube|linkedin|whatsapp|telegram|bluesky|google|tiktok) |
      follow\s@ |
      (?:read|see|also\sread|read\salso|more|related|watch|listen|don.t\smiss|up\snext|also\son\s\S+|
      see\salso)\s*(?:more)?\s*[:|>»→].{0,200}$ |
      (?:click|tap)\shere\s(?:to|for)\b | write\sa\sletter\sto\sthe\seditor\b |
      for\smore\s(?:stories|news|information|on\sthis)\b.{0,80}(?:check|visit|click|follow|see|go\sto|subscribe) |
      (?:got|do\syou\shave)\sa\s(?:story|tip|news)\b |
      get\sin\stouch\swith\b | are\syou\saffected\b.{0,100}(?:touch|contact|email) |
      (?:like|enjoyed?)\sthis\s(?:story|article) | (?:share|tell\sus)\s(?:this|your|what)\b.{0,60}$ |
      (?:write|email|reach|contact)\s(?:to\s)?(?:us|me|the\s(?:writer|author|reporter|reporters)|\S+\s\S+)\s(?:at|
      on)\s\S*(?:@|twitter|http) |
      this\s(?:article|copy|story)\s(?:is\sfor\syour\spersonal|was\sproduced\swith\ssupport) |
      this\scontent\sis\s(?:not\savailable|hosted) |
      you\smust\sbe\s(?:logged|signed)\sin\b.{0,60}$ |
      (?:log|sign)\sin\sto\s(?:post|leave|write|add|join)\b.{0,80}$ |
      was\sthis\s(?:article|story|page)\s(?:helpful|useful|interesting)\b.{0,80}$ |
      join\sthe\s(?:conversation|discussion)\b.{0,60}$ |
      thank\syou\sfor\s(?:reading|visiting|subscribing|registering)\b |
      already\s(?:a\ssubscriber|have\san\saccount|registered) | (?:enable|this\sslideshow\srequires)\sjavascript |
      download\s(?:our|the)\b.{0,40}\bapp\b |
      (?:abonnieren|registrieren)\ssie\b | melden\ssie\ssich\b.{0,60}(?:an|newsletter) |
      (?:jetzt|hier)\s(?:abonnieren|anmelden|registrieren|kostenlos|weiterlesen|testen|klicken) |
      (?:lesen\ssie|mehr\szum\sthema|lesen\ssie\sauch|lesen\ssie\shier|siehe\sauch|auch\sinteressant)\b.{0,20}[:|
      ].{0,200}$ |
      (?:folgen|folge)\s(?:sie\s)?(?:uns|\S+)\s(?:auf|bei)\b |
      mit\s(?:material|informationen)\s(?:von|der)\b.{0,60}$ |
      an\sdieser\sstelle\s(?:finden|steht|befindet|sehen|würden)\b.{0,160}\binhalt |
      (?:ich\sbin|sie\ssind)\s(?:damit\s)?einverstanden,?\sdass\s(?:mir|ihnen)\b.{0,60}\binhalt |
      (?:to\s(?:view|see|load|display|show)|we\sneed)\b.{0,60}\b(?:content|consent|permission)\b.{0,80}\bcookies\b |
      pour\s(?:afficher|voir|visualiser)\sce\scontenu\b | para\sver\seste\scontenido\b |
      per\s(?:vedere|visualizzare)\squesto\scontenuto\b |
      (?:abonnez|inscrivez)-vous\b | suivez(?:-nous|\snous)\b |
      (?:à\slire|lire|voir|à\slire\saussi)\s(?:aussi|également)?\s*[:>»].{0,200}$ |
      (?:recevez|téléchargez)\b.{0,80}(?:newsletter|application|infos) |
      (?:suscríbete|suscribete|suscríbase|regístrate|síguenos|sigue\s\S+\sen|descarga\sla\sapp|apúntate|únete)\b |
      (?:lea|lee|leer|ver|vea)\s(?:también|además|más)\s*[:|>»].{0,200}$ | esta\sfuncionalidad\ses |
      (?:assine|inscreva-se|siga\s(?:o|a|nos)|clique\saqui|receba|baixe\so\sapp)\b |
      (?:leia|veja|saiba)\s(?:também|mais|ainda)\s*[:|>»].{0,200}$ |
      (?:iscriviti|abbonati|seguici|registrati|clicca\squi|scarica\sl.app)\b |
      \(?(?:leggi|guarda)\s(?:anche|qui|pure)\b.{0,3}[:|>»]?.{0,200}$ | riproduzione\sriservata |
      (?:les|lees|läs|læs|se)\s(?:også|ook|också|mer|meer|mere)\s*[:|>»].{0,200}$ |
      (?:meld\sdeg\spå|abonner\spå|prenumerera|schrijf\sje\sin|volg\sons|følg\soss|följ\soss)\b |
      (?:czytaj|zobacz|przeczytaj|sprawdź)\s(?:także|też|również|więcej)\s*[:|>»].{0,200}$ |
      (?:zapisz|subskrybuj|obserwuj)\b.{0,60}(?:newsletter|nas) |
      (?:читайте|смотрите|подписывайтесь|подпишитесь)\s(?:также|нас|на|ещё|еще)\b.{0,160}$ |
      (?:abone\solun|takip\sedin|bizi\stakip)\b |
      (?:spotted|found|noticed)\sa(?:n\serror|\smistake|\stypo)\b.{0,100}$ |
      (?:fehler|tippfehler)\s(?:gefunden|entdeckt|bemerkt)\b.{0,100}$ |
      (?:нашли|заметили|увидели)\s(?:ошибку|опечатку|неточность)\b.{0,100}$ |
      v[íi]deos?\s*:\s(?:veja|assista|mira|vea)\b.{0,100}$ |
      (?:この記事は|有料会員|無料会員|会員登録|会員限定|続きは|あわせて読みたい|関連記事|【?初?トク) |
      (?:무단\s?전재|저작권자|▶|☞|구독하기|제보는|네이버에서|카카오톡|댓글삭제|삭제한\s댓글은) |
      (?:이\s)?기사를\s공유합니다 | (?:기사\s?)?공유하기\b.{0,60}$ | .{2,20}다른\s?기사\s?보기$ |
      اقر[أا]\s(?:أيض|المزيد).{0,160}$ | شاهد\sأيض.{0,160}$ |
      (?:关注我们|扫码|点击(?:订阅|关注|下载)|本文(?:来源|转自)|责任编辑|编辑：|更多精彩)
    )""",
    _I | re.VERBOSE,
)
_CREDIT = re.compile(
    r"""^\W*(?:
      (?:©|\(c\)\s|copyright\b|all\srights\sreserved|℗) |
      (?:photo|image|picture|foto|bild|photograph|photos|fotos|crédit|crédits|credit|bilder|video|grafik|
      illustration|фото|صورة|写真|사진)\s*(?:courtesy|by|credits?|via)?\s*[:=/].{0,120}$ |
      (?:photo|image|picture)s?\s(?:courtesy|by|credit|via)\b.{0,120}$ |
      distributed\sby\b | (?:re)?(?:posted|printed|published)\swith\s(?:kind\s)?permission\b.{0,80}$ |
      (?:this|an?)\s.{0,60}\b(?:version|article|column|essay|story|piece)\b.{0,60}\b(?:first|originally)\s
      (?:appeared|ran|published)\b.{0,120}$ |
      .{3,200}[(\[](?:photo|image|picture|foto|bild)s?\s?(?:by\s|courtesy\s|credits?\b|:).{2,60}[)\]]\W*$ |
      .{3,120}[/(\[]\s?사진\s?[=:제].{0,40}$ |
      (?:getty|reuters|afp|ap|epa|dpa|shutterstock|istock)\s?(?:images|photo)?(?:\s?/.{0,60})?$ |
      .{3,60}/\s?(?:getty|reuters|afp|ap|epa|dpa|shutterstock)\b.{0,30}$ | .{0,60}\bvia\sgetty\simages$ |
      (?:quelle|quellen|source|sources|fuente|fuentes|fonte|fonti|kilde|källa|źródło|источник|kaynak|出典|來源|来源|
      출처)\s*[:：].{0,100}$ |
      \((?:quelle|source|fuente|fonte)\s*:.{0,60}\)$ |
      visit\s(?:the\s)?.{2,60}\sat\s\S+\.\w{2,3}\b.{0,80}$ |
      (?:pressekontakt|(?:press|media)\scontacts?|contacts?\spresse|contacto\sde\sprensa|contatti?\sstampa)\s?
      :.{0,200}$ |
      \((?:attn|eds|note\sto\seditors)\s?:.{0,200}\)$ | [(（【](?:end|ends|끝|終わり|了|完)[)）】]$ |
      (?:redaktion|faktencheck|sendung|redazione|edición|redação|redactie|redakcja)\s*:.{0,100}$ |
      \(?(?:reporting|writing|editing)\sby\b.{0,300}\)?$ |
      (?:aus\sdem\s\S+\s(?:übersetzt\s)?von|translated\sby|traduit\spar|traducción\sde|tradução\sde)\b.{0,80}$ |
      (?:additional\sreporting|with\sreporting)\b.{0,100}$ |
      .{3,200}\bcontributed\s(?:reporting|to\sth(?:is|e)\s(?:report|story|article))\b.{0,60}$ |
      [^.]{4,100}[(（](?:资料(?:图片?|照片)|資料(?:圖片|照片)|图源.{0,20}|.{2,8}[摄攝])[)）]\W*$ |
      .{0,100}무단.{0,6}(?:전재|복제).{0,60}$ |
      .{0,30}(?:無断転載|转载|轉載|無断複製).{0,30}$
    )""",
    _I | re.VERBOSE,
)
# "16 votes | 1,204 views", and with the number behind: "조회 1,204 추천 3".
_COUNTED = (
    r"(?:votes?|views?|comments?|likes?|shares?|reads|reactions?|ratings?|kommentare?|aufrufe|commentaires?|vues|"
    r"comentários?|comentarios?|vistas|commenti|комментари\w{1,2}|просмотр\w{0,2}|조회수?|추천|댓글|좋아요)"
)
_COUNTS = re.compile(
    rf"\W*(?:\d[\d.,]{{0,9}}\s?[km]?\s{_COUNTED}\b\W*){{1,6}}|"
    rf"\W*(?:{_COUNTED}\s?[:(]?\s?\d[\d.,]{{0,9}}[km]?\b\W*){{1,6}}",
    _I,
)
_ADDRESS_ONLY = re.compile(r"^\W*(?:\S+@\S+\.\w+|(?:https?://|www\.|twitter\.com|facebook\.com)\S+|@\w{2,30})\W*$", _I)
_SIGNATURE = re.compile(r"^\W*\S+(?:\s\S+){0,3}\s[=(]?\s?[\w.+-]+@[\w.-]+\.\w+\W*$")
_IS = re.compile(
    r"(?i)\b(?:is|was|writes|edits|covers|has|reports|works|joined|lives|teaches|ist|schreibt|arbeitet|leitet|"
    r"studierte|"
    r"war|est|écrit|collabore|es|escribe|"
    r"trabaja|é|escreve|è|scrive|lavora|er|skriver|är|jest|pisze|является|пишет)\b|[はが은는이가]"
)


# For lower case: a search that ignores case takes five times as long.
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep|unlock|access|finish)|to (?:continue|keep) reading|"
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
    r"有料会員|会員限定|この記事は.{0,12}会員|続きを読むには.{0,20}(?:会員|登録|ログイン)|残り\s?\d+\s?文字|"
    r"구독자 전용|유료 회원|회원 전용|订阅后|付费阅读|会员专享"
)


def parted(text: str) -> tuple[str, str, str]:
    """A line as label, separator and rest ("Read more: ..."); without a separator the last two are empty."""
    found = _LABEL_END.search(text[:60])
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def is_date(text: str) -> bool:
    """A line that gives when something was published or how long it takes to read, and nothing else."""
    if len(text) > 110 or text.startswith("|") or not any(letter.isdigit() for letter in text):
        return False  # a bar begins the row of a table
    if not text.isascii():
        text = _ARABIC_VOWELS.sub("", text)
    words = _WORD.findall(text)
    if not words:
        return text.count("|") < 3  # more is a row of a table
    left = [word for word in words if not _DATE_WORDS.fullmatch(word.lower())]
    if len(left) != len(words):
        return len("".join(_DATE_WORDS.sub("", word.lower()) for word in left)) <= 0.15 * len(text)
    return False


def is_byline(text: str, authors: Iterable[str]) -> bool:
    """A line that names the authors, and nothing else."""
    if len(text) > 120:
        return False
    if _FILED.search(text):
        return True
    line = key(text)
    rest = line
    for author in sorted(map(key, authors), key=len, reverse=True):
        if author:
            rest = rest.replace(author, "")
    if len(rest) < len(line):
        return len(rest) <= 25 and not _SENTENCE_END.search(text)
    return (
        len(text) < 70
        and bool(_BY.search(text))
        and not _SENTENCE_END.search(text)
        and not any(letter.isdigit() for letter in text)
    )


def begins_as_byline(text: str) -> bool:
    """Does a line begin with "By"?"""
    return bool(_BY.search(text))


def is_biography(text: str, authors: Iterable[str]) -> bool:
    """A line that begins with an author's name and tells who that is."""
    start = key(text[:90])
    return len(text) < 1500 and any(
        " " in author and (name := key(author)) in start[: len(name) + 12] and _IS.search(text[:160])
        for author in authors
    )


def is_promotion(text: str) -> bool:
    """An invitation: to subscribe, to follow, to read something else; or how many have done so."""
    return len(text) < 420 and bool(_PROMOTION.search(text) or (len(text) < 90 and _COUNTS.fullmatch(text)))


def invites(text: str) -> bool:
    """An invitation, or the label of one."""
    return is_promotion(text) or is_label(text)


def is_paywall(text: str) -> bool:
    """A line that asks for a subscription."""
    return len(text) < 300 and asks_to_subscribe(text)


def asks_to_subscribe(text: str) -> bool:
    """Does a text, however long, say that only subscribers may read on?"""
    return bool(_PAYWALL.search(text.lower()))


def is_credit(text: str) -> bool:
    """Whose picture, whose copyright, whose material this is."""
    return len(text) < 400 and bool(_CREDIT.search(text))


def is_address(text: str) -> bool:
    """An e-mail address, a link or a handle, and nothing else; or a reporter's name with such an address."""
    return len(text) < 120 and bool(_ADDRESS_ONLY.search(text) or _SIGNATURE.search(text))


def is_label(text: str) -> bool:
    """The heading or caption of furniture, such as "Related articles"."""
    return len(text) < 60 and key(text) in _LABELS
