"""What names of people look like, and how they come out of a byline."""

from __future__ import annotations

import re

from digest.extract import roles, wording
from digest.extract.declared import plain

_ROLE = re.compile(
    r"(?i)[,(–—|·-]+\s*(?:(?:the\s)?(?:associated press|reuters|bloomberg)|[^,;]{0,40}\b(?:editor|"
    r"reporter|correspondent|"
    r"columnist|journalist|writer|contributor|author|producer|director|staff|freelance|analyst|fellow|professor|"
    r"bureau chief|"
    r"redakteur\w*|reporter\w*|korrespondent\w*|autor\w*|volontär\w*|journaliste|rédact\w*|redactor\w*|periodista|"
    r"corresponsal|"
    r"giornalista|redattore|redação|jornalista|repórter|journalist\w*|redaktør|verslaggever|redakcja)s?\b).*$"
)
LEADING = re.compile(
    r"(?i)^\W*(?:(?:story|text|words|written|posted|published|article|report|reported|reporting|review|reviewed|"
    r"analysis|opinion|photos?|interview|ein\s\S+|"
    r"eine\s\S+|kommentar|gastbeitrag|a\sguest\spost|veröffentlicht|geschrieben|erstellt|eingestellt|verfasst|"
    r"zeige\salle\sbeiträge|alle\sbeiträge|"
    r"all\sposts|view\sall\sposts|more\sposts|posts|artikel|beitrag|publié|rédigé|publicado|escrito|scritto|"
    r"pubblicato|a\scura|geschreven)\s+)?(?:by|von|vom|par|por|di|de la rédaction|av|af|door|przez|autor(?:in|es|"
    r"s)?|auteur|"
    r"автор|текст|yazan|penulis|text|words|über|about|escribe|written|author|writer|posted|oleh|tác giả|"
    r"文=?|記者|写真|بقلم|الكاتبة?|מאת|लेखक|लेखिका)"
    r"\s*[:=]?\s+|^\W*(?:取材・?)?(?:文|撰文|作者|記者|记者)\s?[・=＝:：／/｜]\s?"
)
_MONTH = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|okt|oct|nov|dez|dec)[a-zä]*\.?"
_TRAILING = re.compile(
    rf"(?i)(?:\s*[|•·–—(<\[].*$|\s+(?:for|in|on|at|is|für|über|and others|et al\.?|"
    rf"updated|published|posted|last updated|am|um|vom|le|el|il|veröffentlicht.*)\b.*$|\s*@\S+|\s+\S+@\S+.*$|"
    rf"\s*,?\s*(?:\d{{1,2}}\.?\s+)?{_MONTH}\s+\d.*$|\s*\d{{1,2}}[./]\d.*$|\s*(?:기자|記者|특파원|선임기자)\b.*$|\s+외\s*\d+명.*$)"
)
# "João e Maria Lobo" are two; "Vasconcelos e Silva" and "Ortega y Gasset" are the end of one name.
_AND = re.compile(
    r"\s*(?:;|,|/|\||&|•|·|、|\s(?:and|und|et|with|och|og|en|i|и|ve|mit|sowie)\s|\s[ey]\s(?=[^\s,;]+\s[^\s,;]))\s*",
    re.IGNORECASE,
)
# "高橋 美咲：港日報記者。" · "林晓岚，港口日报记者" · "김서연 기자는 ..."
_SPACELESS_ROLE = re.compile(
    r"^([\u3040-\u9fff\uac00-\ud7a3 ]{2,9}?)\s?(?:[：:，、].*|(?:기자|記者|记者)\S{0,2}\s.*|"
    rf"\s{roles.SPACELESS}\s.*)$"
)
_NOT_IN_NAME = re.compile(
    r"(?i)[@/\\=<>{}\[\]!?%#*+:\d]|\b(?:twitter|facebook|instagram|linkedin|whatsapp|email|e-mail)\b"
)
_NO_NAMES = """
    von by par por di de av af red agenturen posted published staff comments comment share on in author autor
    the a an and mehr more door przez автор текст yazan haber muhabir writer reporter redakteur journalist last
    بقلم כתב מאת 文・ 記者 记者 作者 기자
"""
_NO_NAME = frozenset(_NO_NAMES.split())
# Latin with all its accents, Greek and Cyrillic.
CAPITALS = "".join(filter(str.isupper, map(chr, (*range(0x41, 0x530), *range(0x1E00, 0x2000)))))
_PARTICLES = r"(?:(?:de|da|do|dos|das|del|della|di|van|von|der|den|ter|la|le|el|al|bin|ibn|ben|y|e)\s){0,2}"
NAME = rf"[{CAPITALS}][\w'’.-]+(?:\s{_PARTICLES}[{CAPITALS}][\w'’.-]*){{1,3}}"
HAN_NAME = (
    r"(?![\u4e00-\u9fff]{1,3}[部社報报網网局会會院室所課课](?![\u4e00-\u9fff]))"  # a department, a paper, an institute
    r"[\u4e00-\u9fff]{2,4}(?:[ \u3000][\u4e00-\u9fff\u3040-\u30ff]{1,3})?"
)
RIGHT_TO_LEFT_NAME = r"(?:[دم]\. )?[\u0590-\u06ff'’-]{2,15}(?: [\u0590-\u06ff'’-]{2,15}){1,2}"
WHOLE_NAME = re.compile(
    rf"{NAME}|[\u4e00-\u9fff\uac00-\ud7a3]{{2,4}}|[\u4e00-\u9fff]{{1,4}} [\u3040-\u30ff\u4e00-\u9fff]{{1,4}}|"
    rf"{RIGHT_TO_LEFT_NAME}|[\u0900-\u097f]{{2,15}}(?: [\u0900-\u097f]{{2,15}}){{1,2}}"
)
NAMES = re.compile(rf"{NAME}(?:\s?/\s?{NAME})?")


def clean_names(text: str) -> list[str]:
    """The names in a byline, one by one; none when it holds no name."""
    text = plain(text)
    if (
        not text
        or "://" in text
        or text.startswith(("@", "www."))
        or len(text) > 300
        or ("@" in text and " " not in text)
    ):
        return []
    if " " in text and wording.is_credit(text):
        return []
    text = LEADING.sub("", text)
    text = _SPACELESS_ROLE.sub(r"\1", _ROLE.sub("", text))
    inverted = re.fullmatch(r"([^\W\d_][\w'’-]+),\s+([^\W\d_][\w'’.-]+(?:\s[^\W\d_]\.)?)", text)
    if inverted and " " not in inverted[1]:
        return [f"{inverted[2]} {inverted[1]}"]
    names = []
    for part in _AND.split(text):
        name = _TRAILING.sub("", _ROLE.sub("", LEADING.sub("", part))).strip(" .,:*-–—\"'“”()")
        if name.isupper() and len(name) > 5 and " " in name:
            name = name.title()
        if (
            1 < len(name) < 60
            and name.casefold().removeprefix("the ") not in _NO_NAME
            and not _NOT_IN_NAME.search(name)
            and name.count(" ") < 6
        ):
            names.append(name)
    return names
