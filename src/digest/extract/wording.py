"""Tells by its words alone whether a line is furniture: dates, bylines, promotion, credits, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.extract import roles
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
    r"stycz\w*|lut\w*|kwie\w*|czerw\w*|lip\w*|sierp\w*|wrze\w*|paź\w*|listop\w*|grud\w*|maj\w*|led\w*|únor\w*|"
    r"břez\w*|dub\w*|květ\w*|červ\w*|srp\w*|září|říj\w*|pros\w*|\w+kuuta|січ\w*|лют\w*|бер\w*|квіт\w*|трав\w*|"
    r"черв\w*|лип\w*|серп\w*|вер\w*|жовт\w*|лист\w*|груд\w*|року|"
    r"leestijd|czas|czytania|время|чтения|dakika|okuma|süresi|זמן|קריאה|דקות|עודכן|ב?(?:ינו|פבר|מרץ|אפר|מאי|יונ|יול|"
    r"אוג|ספט|אוק|נוב|דצמ)\w*|وقت|القراءة|دقائق|دقيقة|阅读(?:时间)?|分钟|"
    r"نشر|في|آخر|تحديث|ينا\w*|فبر\w*|مارس|[أا]بر\w*|مايو|يوني\w*|يولي\w*|[أا]غس\w*|سبت\w*|[أا]كت\w*|نوف\w*|ديس\w*|"
    r"जनवर|फरवर|मरच|अपरल|मई|जन|जलई|अगसत|सतबर|अकटबर|नवबर|दसबर|परकशत|अपडट\w*|बज|"
    r"tháng|năm|ngày|giờ|phút|thứ|cập|nhật|"
    r"年|月|日|時|分|更新|公開|発行|配信|入力|기사입력|입력|수정|등록|승인|년|월|일|오전|오후|发布|发表|时间|来源)"
)
_VOWEL_SIGNS = re.compile("[\u064b-\u0652\u0900-\u0903\u093a-\u094f]")  # of Arabic and Hindi
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_])?", re.UNICODE)
_BY = re.compile(
    r"^(?:(?:by|von|par|por|di|av|af|door|text:?|autor(?:in)?:?|przez|oleh|(?:автор|текст|yazan|haber|penulis|"
    r"tác giả|بقلم|الكاتبة?|כתב(?:ה|ת)?|מאת|लेखक|लेखिका)\s?:?)\s+\S|"
    r"(?:取材・?)?(?:文|撰文|作者|記者|记者)\s?[・=＝:：／/｜]\s?\S)",
    _I,
)
_YEAR_LAST = re.compile(r"(?:19|20)\d\d(?:[ ,]+\d\d?:\d\d)?$")
_FILED = re.compile(
    r"^(?:published|posted|filed|veröffentlicht|erschienen|publié|publicado|pubblicato)\s(?:in|under|dans|en|em)\b.{0,40}$",
    _I,
)
_LABEL_END = re.compile(r"\s*[|:：›»→]\s*")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟\"”»’)]\s*$")
_LABEL_LIST = """
    Advertisement | Advertising | Article | Article content | Comments | Comment | Leave a comment | Share on |
    Listen to this article | Listen to article | Show more | Load more | Follow | Follow us | Posted in |
    Previous article | Next article | Recommended reading | Key takeaways from this story |
    Post a comment | Read more | Read also | See also | Related | Related articles | Related stories |
    Related content | Related topics | Related links | Related channels | Recommended | Recommended for you |
    More on this story | Most read | Most popular | Popular | Trending | Latest news | Share | Share this |
    Share this article | Tags | Topics | Tell us what you think | Embed | Story continues below |
    Story continues below advertisement | Sign up | Subscribe | Newsletter | Listen | Print | Print article |
    Print article | Save | Copy link | Loading | About the author | About the authors | Author |
    You may also like | You might also like | What to read next | Up next | Continue reading | Sponsored |
    Anzeige | Werbung | Kommentare | Mehr zum Thema | Mehr Themen | Lesen Sie auch | Lesen Sie mehr |
    Auch interessant | Empfohlen | Empfohlener redaktioneller Inhalt | Externer Inhalt | Teilen |
    Newsletter abonnieren | Zum Thema | Zur Person | Das könnte Sie auch interessieren | Die Autorin |
    Der Autor | Weiterlesen | Schlagworte | Themen | Publicité | Commentaires | Lire aussi | À lire aussi |
    Voir aussi | Sur le même sujet | Partager | Articles liés | Mots-clés | Publicidad | Comentarios |
    Noticia relacionada | Noticias relacionadas | Lea también | Le puede interesar | Más información |
    Te puede interesar | Compartir | Etiquetas | Temas | Publicidade | Comentários | Leia também | Leia mais |
    Veja também | Saiba mais | Compartilhe | Ouvir notícia |
    Notícias relacionadas | Pubblicità | Commenti | Leggi anche |
    Leggi di più | Potrebbe interessarti | Condividi | Articoli correlati | Advertentie | Reacties | Lees ook |
    Lees meer | Deel dit artikel | Annonse | Les også | Les mer | Annons | Läs också | Läs mer | Annonce |
    Læs også | Reklama | Komentarze | Czytaj także | Zobacz też | Článek | Čtěte také | Související |
    Etiketler | Haberler | İlgili haberler | Yorumlar | Реклама | Комментарии | Читайте также | Читайте ещё |
    Смотрите также | По теме | 関連記事 | 関連キーワード | 関連ニュース | おすすめ情報 | おすすめ記事 |
    あわせて読みたい | 記事を聞く | もっと見る | 保存 | 印刷 | アクセスランキング | キーワード |
    コメント | シェア | 配信 | 公開日 | 更新日 | 続きを読む | 広告 |
    Artikel anhören | Artikel teilen | Artikel drucken | Drucken | Merken | Mehr anzeigen | Meistgelesen |
    Schlagwörter | Vorheriger Artikel | Nächster Artikel | Kommentar schreiben | Verwandte Artikel |
    Mehr zu diesem Thema | Écouter l'article | Partager cet article | Imprimer | Enregistrer | Afficher plus |
    Les plus lus | Laisser un commentaire | Article précédent | Article suivant | Articles similaires |
    À lire également | Pour aller plus loin | Escuchar noticia | Compartir esta noticia | Compartir noticia |
    Imprimir | Guardar | Ver más | Lo más leído | Lo más visto | Deja un comentario | Artículo anterior |
    Artículo siguiente | Artículos relacionados | Contenido relacionado | Temas relacionados |
    Compartilhe esta notícia |
    Compartilhar | Salvar | Ver mais | Mais lidas | Deixe um comentário | Relacionadas | Conteúdo relacionado |
    Ascolta l'articolo | Condividi questo articolo | Stampa | Salva | Mostra di più | I più letti |
    Lascia un commento | Articolo precedente | Articolo successivo | Notizie correlate | Vedi anche | Tag |
    Luister naar dit artikel | Bewaar | Afdrukken | Toon meer | Meest gelezen | Plaats een reactie |
    Gerelateerde artikelen | Gerelateerd | Vorig artikel | Volgend artikel | Meer over dit onderwerp | Trefwoorden |
    Posłuchaj artykułu | Udostępnij | Udostępnij artykuł | Drukuj | Pokaż więcej | Najczęściej czytane |
    Dodaj komentarz | Powiązane artykuły | Powiązane | Polecane | Tagi | Zobacz także | Przeczytaj także |
    Lyssna på artikeln | Dela | Dela artikeln | Skriv ut | Spara | Visa mer | Mest läst | Skriv en kommentar |
    Relaterade artiklar | Relaterat | Kommentarer | Del | Del artikkel | Del artiklen | Mest lest | Mest læst |
    Relaterte artikler | Relaterede artikler | Skriv ud | Vis mer | Jaa | Mainos | Lue myös | Kommentit |
    Haberi dinle | Haberi paylaş | Paylaş | Yazdır | Kaydet | Daha fazla | Çok okunanlar | Yorum yaz | Reklam |
    Önceki haber | Sonraki haber | Tavsiye edilen | Baca juga | Berita terkait | Artikel terkait | Iklan | Komentar |
    Поделиться | Распечатать | Сохранить | Показать ещё | Самое читаемое | Оставить комментарий | Теги |
    Похожие материалы | Похожие новости | Слушать статью | Предыдущая статья | Следующая статья | Ранее по теме |
    Реклама на сайте | Поділитися | Читайте також | Коментарі | Σχόλια | Διαβάστε επίσης | Διαφήμιση |
    Tlačit | Sdílet | Diskuze | Diskuse | Reklama | Hirdetés | Kapcsolódó cikkek | Citește și | Publicitate |
    기사 듣기 | 더보기 | 저장 | 인쇄 | 댓글 쓰기 | 태그 | 이전 기사 | 다음 기사 | 인기 기사 | 추천 기사 |
    听文章 | 查看更多 | 收藏 | 打印 | 发表评论 | 标签 | 上一篇 | 下一篇 | 延伸閱讀 | 相關新聞 | 推薦閱讀 | 廣告 |
    إعلان | إعلانات | شارك المقال | مشاركة | التعليقات | اترك تعليقا | الوسوم | حفظ | طباعة | عرض المزيد |
    الأكثر قراءة | مقالات ذات صلة | اقرأ أيضا | اقرأ أيضًا | استمع إلى المقال | مواضيع ذات صلة |
    פרסומת | תגובות | שיתוף | שתפו את הכתבה | הדפסה | שמירה | הצג עוד | הנקראות ביותר | כתבות נוספות | תגיות |
    האזינו לכתבה | הוסיפו תגובה | קראו גם | विज्ञापन | यह भी पढ़ें | संबंधित खबरें | ข่าวที่เกี่ยวข้อง | แชร์ | โฆษณา |
    Quảng cáo | Tin liên quan | Bình luận | Chia sẻ |
    この記事をシェア | ランキング | 관련기사 | 관련 기사 | 관련뉴스 | 댓글 |
    공유 | 광고 | 인기기사 | 많이 본 뉴스 | 주요뉴스 | 저작권자 | 기사 URL이 복사되었습니다 |
    Other columnists | More columnists | Columnists | More columns | Weitere Kolumnen | Weitere Autoren |
    Autres chroniques | Autres chroniqueurs | Otros columnistas | Más columnistas | Columnistas | Otras columnas |
    Outros colunistas | Mais colunistas | Colunistas | Altri editoriali | Altre opinioni | Andere columnisten |
    Meer columns | Inni autorzy | Inne felietony | Fler krönikor | Другие колумнисты | Другие авторы | Авторы |
    Diğer yazarlar | Diğer köşe yazıları | Yazarlar | Kolumnis lain | Tác giả khác | ほかのコラム | 他のコラム |
    다른 칼럼 | 다른 칼럼 보기 | 오피니언 더보기 | 其他专栏 | 其他專欄 | 其他专栏作者 | 专栏作者 |
    كتاب آخرون | كتّاب آخرون | טורים נוספים | דעות נוספות | अन्य स्तंभकार | टिप्पणियां |
    टिप्पणी करें |
    Table of contents | Inhaltsverzeichnis | Sommaire | Índice | Indice dei contenuti | Inhoudsopgave | Spis treści |
    Innehållsförteckning | İçindekiler | Содержание | Daftar isi | Mục lục | 目次 | 목차 | 目录 |
    目錄 | فهرس المحتويات |
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
      get\sin\stouch\swith\s(?:us|our|me)\b | are\syou\saffected\b.{0,100}(?:touch|contact|email) |
      (?:like|enjoyed?)\sthis\s(?:story|article) | (?:share|tell\sus)\s(?:this|your|what)\b.{0,60}$ |
      (?:write|email|reach|contact)\s(?:to\s)?(?:us|me|the\s(?:writer|author|reporter|reporters)|\S+\s\S+)\s(?:at|
      on)\s\S*(?:@|twitter|http) |
      this\s(?:article|copy|story)\s(?:is\sfor\syour\spersonal|was\sproduced\swith\ssupport) |
      this\scontent\sis\s(?:not\savailable|hosted) |
      you\smust\sbe\s(?:logged|signed)\sin\b.{0,60}$ |
      (?:log|sign)\sin\sto\s(?:post|leave|write|add|join)\b.{0,80}$ |
      was\sthis\s(?:e-?mail|newsletter|message)?\s?forwarded\sto\syou\b.{0,80}$ |
      (?:wurde\sihnen|vous\sa-t-on|te\shan|le\shan)\s.{0,30}(?:newsletter|infolettre|boletín)\s.{0,80}\?.{0,60}$ |
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
      (?:suscríbete|suscribete|suscríbase|regístrate|síguenos|sigue\s\S+\sen\s(?:twitter|x\b|facebook|instagram|
      google|whatsapp|telegram)|descarga\sla\sapp|apúntate|únete\sa\snuestro)\b |
      (?:lea|lee|leer|ver|vea)\s(?:también|además|más)\s*[:|>»].{0,200}$ |
      (?:assine\s(?:a|o|nossa|nosso|já)|inscreva-se|siga(?:-nos|\snos|\s.{2,40}\sno\s(?:instagram|google|
      facebook|twitter|x\b|whatsapp))|clique\saqui|receba\s.{3,80}(?:e-?mail|whatsapp|manhã|newsletter)|
      baixe\so\sapp)\b |
      (?:leia|veja|saiba)\s(?:também|mais|ainda)\s*[:|>»].{0,200}$ |
      (?:iscriviti|abbonati|seguici|registrati|clicca\squi|scarica\sl.app)\b |
      \(?(?:leggi|guarda)\s(?:anche|qui|pure)\b.{0,3}[:|>»]?.{0,200}$ | riproduzione\sriservata |
      (?:les|lees|läs|læs|se)\s(?:også|ook|också|mer|meer|mere)\s*[:|>»].{0,200}$ |
      (?:meld\sdeg\spå|tilmeld\sdig|abonner\spå|prenumerera|anmäl\sdig|tilaa\suutiskirje|seuraa\smeitä|
      schrijf\sje\sin|meld\sje\saan|volg\sons|følg\so[sr]s|följ\soss)\b |
      (?:czytaj|zobacz|przeczytaj|sprawdź)\s(?:także|też|również|więcej)\s*[:|>»].{0,200}$ |
      (?:zapisz|subskrybuj|obserwuj|dołącz|polub)\b.{0,60}(?:newsletter|nas\b) |
      (?:sledujte\snás|přihlaste\sse\sk|kövessen|iratkozzon\sfel|urmăriți-ne|abonează-te|ikuti\skami) |
      (?:baca|simak)\s(?:juga|pula)\b.{0,200}$ |
      (?:читайте|смотрите|подписывайтесь|подпишитесь)\s(?:также|нас|на|ещё|еще)\b.{0,160}$ |
      (?:abone\solun|takip\sedin|bizi\s.{0,30}takip)\b | bülten(?:imize|e)\s.{0,40}(?:abone|kaydol|üye)\w* |
      (?:ilgili\shaber|ayrıca\soku\w*|bunu\sda\soku\w*)\w*\s?:.{0,160}$ |
      (?:spotted|found|noticed)\sa(?:n\serror|\smistake|\stypo)\b.{0,100}$ |
      (?:fehler|tippfehler)\s(?:gefunden|entdeckt|bemerkt)\b.{0,100}$ |
      (?:нашли|заметили|увидели)\s(?:ошибку|опечатку|неточность)\b.{0,100}$ |
      v[íi]deos?\s*:\s(?:veja|assista|mira|vea)\b.{0,100}$ |
      (?:この記事は(?:有料|会員|無料)|有料会員|無料会員|会員登録|会員限定|続きは(?:こちら|会員|アプリ)|
      あわせて読みたい|【?関連(?:記事|ニュース)|メール(?:マガジン|配信)に?(?:を|の)?(?:ご)?登録) |
      (?:フェイスブック|facebook|x|twitter|line|インスタグラム)で?.{0,4}(?:を)?フォロー.{0,20}$ |
      (?:무단\s?전재|저작권자|구독하기|제보는|네이버에서|카카오톡|댓글삭제|삭제한\s댓글은) |
      (?:뉴스레터|채널|유튜브|페이스북|인스타그램)(?:를|을)?\s.{0,20}(?:구독|팔로우|추가).{0,40}$ |
      관련\s?(?:기사|뉴스)\s?[:：>].{0,120}$ |
      (?:이\s)?기사를\s공유합니다 | (?:기사\s?)?공유하기\b.{0,60}$ | .{2,20}다른\s?기사\s?보기$ |
      (?:و?اقر[أا]|طالع)\s(?:أيض|المزيد).{0,160}$ | شاهد\sأيض.{0,160}$ |
      (?:اشترك(?:وا)?|تابعنا|تابعونا|انضم(?:وا)?)\s(?:في|على|عبر|إلى).{0,120}$ |
      (?:קראו|לקריאה)\s(?:גם|נוספת)\s?[:：].{0,160}$ |
      (?:הירשמו|הצטרפו|עקבו)\s.{0,40}(?:ניוזלטר|פייסבוק|ווטסאפ|טלגרם).{0,60}$ |
      (?:关注我们|关注.{0,12}公众号|扫码|点击(?:订阅|关注|下载)|订阅.{0,8}(?:电子报|邮件|通讯)|本文(?:来源|转自)|
      责任编辑|責任編輯|编辑：|更多精彩|(?:相关|延伸)(?:阅读|新闻)\s?[:：])
    )""",
    _I | re.VERBOSE,
)
_CREDIT = re.compile(
    r"""^\W*(?:
      (?:©|\(c\)\s|copyright\b|all\srights\sreserved|℗) |
      (?:photo|image|picture|foto|bild|photograph|photos|fotos|crédit|crédits|credit|bilder|video|grafik|
      illustration|kuva|fotoğraf|снимок|фото|صورة|تصوير|צילום|写真|撮影|사진|图片(?:来源)?|圖片(?:來源)?|图源|摄影)
      \s*(?:photo|courtesy|by|credits?|via)?\s*[:：=/].{0,120}$ | (?:fot|zdj)\.\s.{2,80}$ |
      (?:photo|image|picture)s?\s(?:courtesy|by|credit|via)\b.{0,120}$ |
      distributed\sby\b | (?:re)?(?:posted|printed|published)\swith\s(?:kind\s)?permission\b.{0,80}$ |
      (?:this|an?)\s.{0,60}\b(?:version|article|column|essay|story|piece)\b.{0,60}\b(?:first|originally)\s
      (?:appeared|ran|published)\b.{0,120}$ |
      .{3,200}[(\[](?:photo|image|picture|foto|bild)s?\s?(?:by\s|courtesy\s|credits?\b|:).{2,60}[)\]]\W*$ |
      [^.!?。]{3,160}[.。]?\s(?:photo|image|picture|foto|bild|crédits?|kuva|fotoğraf|фото|תצלום|צילום|تصوير|写真|图片来源)s?\s?
      (?:photo|credits?)?\s?[:：].{2,60}$ | [^.!?。]{3,160}[.]?\s(?:fot|zdj)\.\s.{2,60}$ |
      [^|]{3,200}\|\s(?:photo|image|picture)s?\s(?:by|courtesy)\s.{2,60}$ |
      .{3,120}[/(\[]\s?사진\s?[=:제].{0,40}$ | .{3,160}\s사진\s?[=:].{2,40}$ | .{3,160}\s자료\s?사진\W*$ |
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
    r"(?:votes?|points?|views?|comments?|likes?|shares?|claps?|reads|reactions?|ratings?|punkte|kommentare?|aufrufe|"
    r"stimmen|commentaires?|vues|j[’']aime|comentários?|curtidas?|visualizações|gostos?|comentarios?|puntos|votos|"
    r"vistas|me gusta|commenti|voti|mi piace|reacties|komentarz\w{0,2}|kommentarer|visningar|yorum|beğeni|"
    r"görüntülenme|okunma|комментари\w{1,2}|просмотр\w{0,2}|голос\w{0,2}|лайк\w{0,2}|suka|komentar|dilihat|"
    r"lượt (?:thích|xem)|bình luận|إعجابا?|مشاهدة|تعليقا?|אהבו|צפיות|תגובות|लाइक|टिप्पणियां|"
    r"조회수?|추천|비추천|댓글|좋아요|[人次]?(?:点赞|點讚|赞|阅读|閱讀|浏览|瀏覽)|[条條]?(?:评论|評論)|"
    r"件?の?コメント|人が「?いいね[！!]?」?(?:しました|しています)?)"
)
_COUNTS = re.compile(
    rf"\W*(?:\d[\d.,]{{0,9}}\s?[km]?\s?{_COUNTED}(?!\w)\W*){{1,6}}|"
    rf"\W*(?:{_COUNTED}\s?[:(]?\s?\d[\d.,]{{0,9}}[km]?\b\W*){{1,6}}",
    _I,
)
_ADDRESS_ONLY = re.compile(r"^\W*(?:\S+@\S+\.\w+|(?:https?://|www\.|twitter\.com|facebook\.com)\S+|@\w{2,30})\W*$", _I)
_SIGNATURE = re.compile(r"^\W*\S+(?:\s\S+){0,3}\s[=(]?\s?[\w.+-]+@[\w.-]+\.\w+\W*$")
_IS = re.compile(
    r"(?i)\b(?:is|was|writes|edits|covers|has|reports|works|joined|lives|teaches|ist|schreibt|arbeitet|leitet|"
    r"studierte|war|est|écrit|collabore|es|escribe|trabaja|é|escreve|è|scrive|lavora|schrijft|werkt|er|skriver|är|"
    r"bevakar|jest|pisze|je|píše|является|пишет|yazıyor|\w+dır|\w+dir|\w+dur|\w+dür|ve|כותבת?|הוא|היא|يكتب|تكتب|"
    r"صحفية?|كاتبة?)\b|\s[—|]\s|[はが은는이가：，]"
)


# "The writer is a professor of ...", "（作者係…）", and in Japan the reading of a name: "◇たかはし・みさき".
_THE_AUTHOR_IS = re.compile(
    r"\W*(?:(?:the (?:author|writer|columnist) is|(?:der autor|die autorin) ist|l[’']autrice est|l[’']auteur est|"
    r"(?:el autor|la autora) es|[oa] autora? é|l[’']autore è|l[’']autrice è|de auteur is|(?:автор|авторка)\s?[—–-]|"
    r"penulis adalah|tác giả là|הכותב הוא|הכותבת היא|(?:الكاتبة?)\s|लेखक|लेखिका)(?!\w)|"
    r"[（(](?:本文)?作者(?:係|系|是|为|為)?|(?:[◇◆■□▽▼]\s?)?[ぁ-ゖ]{2,6}・[ぁ-ゖ]{1,6}[ \u3000])",
    _I,
)
# For lower case, as below.
_DISCLAIMER = re.compile(
    r"(?:views?|opinions?) (?:expressed|contained|presented)\b.{0,80}\b(?:own|author|writer|necessarily)|"
    r"do(?:es)? not necessarily (?:reflect|represent)|"
    r"(?:meinung|ansichten?)\b.{0,80}\b(?:nicht (?:unbedingt|notwendigerweise|zwingend))|n[’']engagent que|"
    r"ne reflètent pas (?:nécessairement|forcément)|"
    r"no (?:reflejan?|representan?|coinciden?|comparte) necesariamente|"
    r"(?:opiniones|opinión)\b.{0,60}\bresponsabilidad|"
    r"responsabilidade (?:exclusiva )?(?:do|da|dos|das|de) (?:seus? |suas? )?(?:respectiv\w+ )?autor|"
    r"não (?:refletem?|representam?|expressam?),? (?:necessariamente|a opinião)|"
    r"non (?:riflett\w+|rispecchi\w+) necessariamente|niet noodzakelijk\w* de mening|"
    r"nie (?:zawsze |musi |muszą )?(?:odzwierciedla\w*|wyraża\w*) (?:stanowisk|pogląd|opini)|"
    r"(?:мнени[ея]|точк[аи] зрения) (?:автор\w*|редакции)\s.{0,60}не (?:совпада|отража|разделя)|"
    r"редакция может не разделять|думка \w+ може не збігатися|"
    r"(?:görüş|düşünce|sorumlulu)\w*\s.{0,40}(?:yazar\w*\s(?:aittir|kendi)|yansıtmayabilir)|"
    r"(?:الآراء|الرأي|المقال)\s.{0,80}(?:لا (?:تعبر|يعبر|تعكس|يعكس|تمثل|يمثل)|بالضرورة|[يت]عبر عن رأي (?:كاتب|صاحب))|"
    r"(?:משקפ(?:ים|ות|ת)?|משקף|מבטאת?|מבטאים) את דעת|על דעת הכותבת? בלבד|דעתו האישית של|דעתה האישית של|निजी विचार|"
    r"विचार लेखक के (?:अपने|निजी)|(?:quan điểm|ý kiến)\b.{0,40}\bcủa (?:riêng )?tác giả|"
    r"(?:pendapat|opini|pandangan) pribadi (?:penulis)?|tanggung jawab (?:sepenuhnya )?penulis|"
    r"[仅僅只]代表(?:作者|个人|個人|本人)|(?:作者|本人|笔者)个人(?:观点|看法|意见)|不代表本(?:报|報|网|網|站|刊|社|平台|台)|"
    r"(?:意見|見解|主張)は、?(?:すべて)?(?:筆者|執筆者|著者|個人)|(?:筆者|個人)の(?:個人的な)?(?:意見|見解)(?:です|であ)|"
    r"所属.{0,8}公式(?:な)?見解で|"
    r"(?:본지|본보|본사|신문|편집)[^.]{0,20}(?:방향|견해|입장|의견)[^.]{0,12}(?:다를|일치하지 않을) 수|"
    r"필자의? 개인(?:적인)?의? (?:의견|견해)"
)
# The two labels in the box of a fact check (schema.org: ClaimReview), in the languages of those who check.
_CLAIM = re.compile(
    r"(?:(?:the |what was )?claim(?:ed|s)?|(?:die )?behauptung|(?:la )?rumeur|(?:l[’'])?affirmation|(?:la )?afirmación|"
    r"(?:lo )?que se (?:dice|dijo)|bulo|alegação|o que (?:dizem|circula)|boato|(?:l[’'])?affermazione|(?:de )?bewering|"
    r"påstand(?:en)?|påstående(?:t)?|väite|twierdzenie|stwierdzenie|tvrzení|állítás|утверждение|твердження|iddia|"
    r"klaim|narasi|tuyên bố|"
    r"ادعاء|الادعاء|טענה|הטענה|दावा|주장|검증 ?대상|主張|言説|说法|說法|网传|網傳)(?=\s*(?:[|:：›»→]|$))",
    _I,
)
_VERDICT = re.compile(
    r"(?:(?:our |the )?(?:verdict|rating|ruling|assessment|conclusion|fact[ -]check|truth)|(?:unsere )?bewertung|"
    r"fazit|urteil|(?:notre )?verdict|(?:nuestra )?(?:conclusión|veredicto|calificación)|"
    r"(?:nossa )?(?:conclusão|veredito)|verità|(?:il )?(?:verdetto|giudizio)|(?:het )?oordeel|conclusie|"
    r"vurdering(?:en)?|konklusjon|bedömning|omdöme|tuomio|werdykt|ocena|verdikt|hodnocení|értékelés|вердикт|"
    r"вывод|висновок|karar|sonuç|bulgu|kesimpulan|fakta|kết luận|الحكم|النتيجة|الحقيقة|המסקנה|הפסיקה|सच|"
    r"निष्कर्ष|검증 ?결과|판정|결론|判定|結論|结论|真相|查证结果)(?=\s*(?:[|:：›»→]|$))",
    _I,
)
_SPACELESS = re.compile(r"[가-힣\u4e00-\u9fff]{2}")

_CONSENT = re.compile(
    r"cookie|クッキー|쿠키|çerez|evästee|informasjonskaps|ملفات تعريف الارتباط|עוגיות|datenschutz|privatsphäre|privacy|"
    r"consent|einwillig|zustimm|consentimiento|toestemming|samtyck|samtykk|\bzgod[aęy]\b|"
    r"extern\w* (?:inhalt|inhoud|content|innhold|innehåll)|third[- ]party content|"
    r"conten(?:us?|idos?|uti|uto) (?:extern|estern|tiers)"
)


# For lower case: a search that ignores case takes five times as long.
# Three kinds: what bids to pay for reading on, what marks a text as paid for, and offers such as free pages have, too.
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|keep|unlock|finish)|to (?:continue|keep) reading|"
    r"(?:continue|keep) reading with|"
    r"subscribe (?:now )?to (?:read|access) (?:on\b|more|this|the (?:full|rest|whole|entire))|"
    r"you have (?:reached|read|used) .{0,40}(?:free|limit)|unlock this article|"
    r"weiterlesen mit|jetzt weiterlesen|um weiterzulesen|(?:mit|als) abo(?:nnent)?\b|"
    r"il vous reste .{0,20}% de cet article|pour lire la suite|para (?:seguir|continuar) (?:leyendo|lendo)|"
    r"per continuare a leggere|verder te? lezen|lees verder met|läsa vidare|lese videre|læse videre|"
    r"czytać dalej|pozostało \d+ ?%|чтобы (?:читать|прочитать) (?:дальше|полностью)|devamını okumak için|"
    r"続きを読むには.{0,20}(?:会員|登録|ログイン)|残り\s?\d+\s?文字|订阅后|لمتابعة القراءة|להמשך (?:ה)?קריאה"
)
_PAID_FOR = re.compile(
    r"for subscribers only|subscriber[- ]only|this (?:article|story|content) is (?:only )?(?:for|available to|"
    r"reserved for|exclusive to) (?:our )?(?:subscribers|members|premium)|premium article|"
    r"nur für abonnenten|exklusiv für abonnenten|plus-artikel|réservée? aux abonnés|"
    r"(?:contenido|artículo|noticia) (?:es )?(?:exclusiv[oa] )?(?:solo |sólo )?para suscriptores|"
    r"conteúdo (?:exclusivo )?para assinantes|contenuto riservato|riservato agli abbonati|"
    r"alleen voor abonnees|dit artikel is voor abonnees|for abonnenter|låst artikel|endast för prenumeranter|"
    r"treść dostępna dla|dla prenumeratorów|только для подписчиков|abonelere özel|"
    r"有料会員|会員限定|この記事は.{0,12}会員|구독자 전용|유료 회원|회원 전용|付费阅读|付费内容|会员专享|"
    r"للمشتركين فقط|למנויים בלבד"
)
_OFFER = re.compile(
    r"already a subscriber|start your (?:free )?trial|subscribe (?:now )?to (?:read|access)|abo abschließen|"
    r"bereits abonnent|abonnez-vous pour|déjà abonné|suscríbete para|assine para|abbonati per|prenumerant"
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
        text = _VOWEL_SIGNS.sub("", text)
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
        dated = line.startswith(tuple(filter(None, map(key, authors)))) and _YEAR_LAST.search(text)
        return (len(rest) <= 25 or bool(dated)) and not _SENTENCE_END.search(text)
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
    """A line that begins with an author's name, or speaks of "the author", and tells who that is."""
    if len(text) >= 1500:
        return False
    start = key(text[:90])
    told = any(
        (" " in author or _SPACELESS.search(author))
        and (name := key(author)) in start[: len(name) + 12]
        and (_IS.search(text[:160]) or roles.are_told(text[:160]))
        for author in authors
    )
    described = _THE_AUTHOR_IS.match(text)
    return told or (len(text) < 400 and described is not None and roles.are_told(text[described.end() : 160]))


def is_claim_label(text: str) -> bool:
    """Does a line begin with the label of what a fact check looks into?"""
    return bool(_CLAIM.match(text))


def is_verdict_label(text: str) -> bool:
    """Does a line begin with the label of what a fact check finds?"""
    return bool(_VERDICT.match(text))


def is_disclaimer(text: str) -> bool:
    """A note that what was written is its author's own opinion, not the publisher's."""
    return len(text) < 350 and bool(_DISCLAIMER.search(text.lower()))


def ends_sentence(text: str) -> bool:
    """Does a line end as sentences and quotations do?"""
    return bool(_SENTENCE_END.search(text))


def is_promotion(text: str) -> bool:
    """An invitation: to subscribe, to follow, to read something else; or how many have done so."""
    return len(text) < 420 and bool(_PROMOTION.search(text) or (len(text) < 90 and _COUNTS.fullmatch(text)))


def invites(text: str) -> bool:
    """An invitation, or the label of one."""
    return is_promotion(text) or is_label(text)


def is_paywall(text: str) -> bool:
    """A line that asks for a subscription."""
    return len(text) < 300 and (asks_to_pay(text) or is_paid_for(text) or offers_subscription(text))


def asks_to_pay(text: str) -> bool:
    """Does a text, however long, bid its reader to pay or register for reading on?"""
    return bool(_PAYWALL.search(text.lower()))


def is_paid_for(text: str) -> bool:
    """Does a text, however long, say of something that only subscribers may read it?"""
    return bool(_PAID_FOR.search(text.lower()))


def offers_subscription(text: str) -> bool:
    """Does a text offer a subscription, as pages do also where all may be read without one?"""
    return bool(_OFFER.search(text.lower()))


def speaks_of_consent(text: str) -> bool:
    """Does a text speak of cookies, consent or content from elsewhere, as notes in place of a film or a post do?"""
    return bool(_CONSENT.search(text.lower()))


def is_credit(text: str) -> bool:
    """Whose picture, whose copyright, whose material this is."""
    return len(text) < 400 and bool(_CREDIT.search(text))


def is_address(text: str) -> bool:
    """An e-mail address, a link or a handle, and nothing else; or a reporter's name with such an address."""
    return len(text) < 120 and bool(_ADDRESS_ONLY.search(text) or _SIGNATURE.search(text))


def is_label(text: str) -> bool:
    """The heading or caption of furniture, such as "Related articles"."""
    return len(text) < 60 and key(text).strip("0123456789") in _LABELS
