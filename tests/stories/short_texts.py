"""Short reports in six languages: each with what an outlet makes of it, and with the next one written in its mould."""

from __future__ import annotations

from dataclasses import dataclass

Edits = dict[str, str]


@dataclass(frozen=True)
class Short:
    """A report of some twenty to sixty words, and what is replaced in it: by another outlet, and by other news."""

    language: str
    text: str
    copied: Edits
    next_one: Edits

    @staticmethod
    def edited(text: str, edits: Edits) -> str:
        """The text with each of these replaced; what is replaced must be there."""
        for old, new in edits.items():
            assert old in text, old
            text = text.replace(old, new)
        return text


def _end(text: str) -> str:
    return text[-12:]


def _signed(language: str, text: str, signature: str, next_one: Edits) -> Short:
    """One that the other outlet only signs."""
    return Short(language, text, {_end(text): _end(text) + signature}, next_one)


def _dated(language: str, text: str, dateline: str, next_one: Edits) -> Short:
    """One that the other outlet only puts a dateline before."""
    return Short(language, text, {text[:12]: dateline + text[:12]}, next_one)


SHORTS = (
    Short(
        "en",
        "Hanbit Electronics presented its phone Arc 5 in Busan on Monday. It has a screen of 6.2 inches, two "
        "cameras and a battery that lasts two days, the company said. It will be in shops from March and cost 899 "
        "dollars. The maker sold 40 million phones last year.",
        {"cost 899 dollars": "cost 899 dollars (840 euros)"},
        {"phone Arc 5": "tablet Leaf", "6.2": "11", "two cameras": "a pen", "899": "649"},
    ),
    Short(
        "en",
        "The weather agency in Pyongyang warned of strong winds on the west coast on Thursday. Gusts of 25 metres "
        "a second are expected until the evening, state radio said. Boats were told to stay in port, and farms to "
        "cover their greenhouses.",
        {"metres": "meters", "greenhouses.": "greenhouses.\n\n(Editing by the desk)"},
        {"Thursday": "Saturday"},
    ),
    _signed(
        "en",
        "The unification ministry holds its regular briefing at 10:30 on Tuesday. Vice Minister Han receives the "
        "ambassador of Sweden at two in the afternoon. The committee on foreign affairs of the National Assembly "
        "meets at four. All times are local, and may change.",
        " For inquiries, write to the desk.",
        {"Sweden": "Norway"},
    ),
    _dated(
        "en",
        "A magnitude 3.1 earthquake was felt near Kilju in the north on Sunday at 4:12 in the morning, the weather "
        "agency in Seoul said. It was natural and lay at a depth of 19 kilometres, according to its analysis. No "
        "damage was reported.",
        "SEOUL, Nov. 22 (Wire) - ",
        {"3.1": "2.6"},
    ),
    Short(
        "en",
        "The board of the central bank voted five to two on Thursday to leave its base rate where it is. The "
        "decision was expected by most economists. The governor will speak to the press at eleven, and minutes of "
        "the meeting will be published in two weeks.",
        {"to the press": "to press"},
        {"five to two": "four to three"},
    ),
    Short(
        "de",
        "Der Wetterdienst in Pjöngjang hat am Montag vor starkem Schneefall im Norden gewarnt. Bis zum Abend seien "
        "30 Zentimeter möglich, meldete der staatliche Rundfunk. Straßen über die Pässe wurden gesperrt, Schulen "
        "in zwei Provinzen bleiben geschlossen.",
        {"Straßen": "Strassen"},
        {"Schneefall": "Regen", "30 Zentimeter": "80 Liter"},
    ),
    _dated(
        "de",
        "Die Notenbank in Seoul hat ihren Leitzins unverändert bei 2,50 Prozent gelassen. Das teilte sie am "
        "Donnerstag nach der Sitzung ihres Rates mit. Ökonomen hatten diesen Schritt erwartet. Der Gouverneur "
        "äußert sich am Mittag vor der Presse zu den Gründen.",
        "Seoul (Agentur) – ",
        {"unverändert bei 2,50": "gesenkt auf 2,25"},
    ),
    _signed(
        "de",
        "Das Gericht in Incheon hat einen früheren Offizier zu sieben Jahren Haft verurteilt. Er habe "
        "Schiffsbewegungen an den Norden verraten, sagte die Richterin. Die Verteidigung kündigte Berufung an. Die "
        "Staatsanwaltschaft hatte zehn Jahre gefordert.",
        " (Red.)",
        {"früheren Offizier": "jungen Matrosen"},
    ),
    Short(
        "de",
        "Die Fähre von Mukho fährt an diesem Dienstag nicht. Grund ist nach Angaben der Reederei ein Schaden an "
        "der Welle. Reisende können ihre Karten an jedem Schalter zurückgeben oder auf einen anderen Tag umbuchen. "
        "Über die nächste Abfahrt wird am Abend entschieden.",
        {"an jedem Schalter": "an allen Schaltern"},
        {"Dienstag": "Freitag"},
    ),
    Short(
        "de",
        "Das Unternehmen Hanbit hat in Busan sein neues Telefon vorgestellt. Es ist dünner als der Vorgänger und "
        "hat drei Kameras. In den Handel kommt es im Juni zu einem Preis von rund 900 Euro. Analysten rechnen mit "
        "zwölf Millionen verkauften Geräten.",
        {"rund 900 Euro": "rund 900 Euro an"},
        {"im Juni": "im Juli"},
    ),
    Short(
        "ko",
        "기상청은 26일 오전 강원 산지에 대설주의보를 내렸다. 이날 밤까지 최대 20센티미터의 눈이 내릴 것으로 "
        "예보됐다. 기상청은 교통안전과 시설물 관리에 유의해 달라고 당부했다. 산간 도로 일부는 통제될 수 있다.",
        {"교통안전과": "교통 안전과"},
        {"26일": "28일"},
    ),
    _dated(
        "ko",
        "한국은행 금융통화위원회는 이날 회의를 열어 기준금리를 현재 수준에서 동결했다. 시장의 예상과 일치하는 "
        "결정이다. 총재는 오전 11시 기자간담회에서 결정의 배경을 설명할 예정이다. 의사록은 2주 뒤에 공개된다.",
        "(서울=통신) 김하늘 기자 = ",
        {"동결했다": "인하했다"},
    ),
    _signed(
        "ko",
        "통일부 차관은 이날 오후 스웨덴 대사를 만나 한반도 정세를 논의했다. 양측은 대화 재개를 위한 국제사회의 "
        "협력이 중요하다는 데 뜻을 같이했다. 차관은 인도적 지원의 필요성도 설명했다고 통일부가 전했다.",
        " sky@desk.example",
        {"스웨덴": "노르웨이"},
    ),
    Short(
        "ko",
        "북한이 동해상으로 미확인 발사체를 발사했다고 합동참모본부가 이날 오전 밝혔다. 군은 발사 지점과 비행거리를 "
        "분석하고 있다. 군은 경계를 강화한 가운데 만반의 대비태세를 유지하고 있다고 설명했다.",
        {"대비태세를": "대비 태세를"},
        {"동해상": "서해상"},
    ),
    Short(
        "ko",
        "한빛전자는 부산에서 새 휴대전화 아크 5를 공개했다. 화면은 6.2인치이고 배터리는 이틀을 쓸 수 있다고 회사는 "
        "설명했다. 판매는 3월에 시작되며 가격은 90만원이다. 회사는 지난해 휴대전화 4천만 대를 팔았다.",
        {"쓸 수 있다고": "쓸수 있다고"},
        {"아크 5": "아크 6", "6.2": "6.4"},
    ),
    Short(
        "ja",
        "気象庁は26日午前、日本海側の山沿いに大雪警報を出した。夜までに多い所で40センチの降雪が見込まれている。気象"
        "庁は車の立ち往生や雪崩に警戒するよう呼びかけている。鉄道の一部は運転を見合わせる。",
        {"26日午前、": "26日午前"},
        {"26日午前": "29日午後", "40センチ": "70センチ"},
    ),
    _dated(
        "ja",
        "日銀は金融政策決定会合で、政策金利を据え置くことを決めた。市場の予想通りの決定となった。総裁は午後に記者会"
        "見を開き、判断の理由を説明する。次の会合は来月に開かれる予定である。",
        "【東京=通信】",
        {"据え置くこと": "引き上げること"},
    ),
    _signed(
        "ja",
        "外務省の局長は北京で中国側の代表と会談し、北朝鮮情勢について意見を交わした。双方は緊張の緩和に向けて連絡を"
        "保つことで一致した。会談は二時間に及び、夕食会も開かれたという。",
        "（編集局）",
        {"北京で中国": "ソウルで韓国"},
    ),
    Short(
        "ja",
        "ハンビット電子は釜山で新しい電話機を発表した。画面は六インチで、電池は二日もつと説明している。発売は三月で"
        "、価格は九万円になる見通しだ。同社は昨年、四千万台を販売した。",
        {"電話機を発表した": "電話機を、発表した"},
        {"電話機": "腕時計", "六インチ": "二インチ"},
    ),
    Short(
        "ja",
        "防衛省は、北朝鮮から弾道ミサイルの可能性があるものが発射されたと発表した。ミサイルは日本の排他的経済水域の"
        "外に落下したとみられる。船舶や航空機への被害の情報は入っていない。",
        {"経済水域の外": "経済水域（EEZ）の外"},
        {"弾道ミサイル": "巡航ミサイル"},
    ),
    Short(
        "ru",
        "Северокорейское радио предупредило во вторник о сильном ветре на западном побережье. До вечера ожидаются "
        "порывы до 25 метров в секунду. Судам рекомендовано оставаться в портах, хозяйствам укрыть теплицы, "
        "энергетикам проверить линии.",
        {"рекомендовано": "рекомендовали"},
        {"ветре": "дожде"},
    ),
    _dated(
        "ru",
        "Центральный банк Республики Корея сохранил базовую ставку на прежнем уровне. Решение совпало с ожиданиями "
        "рынка. Глава банка объяснит его на встрече с журналистами в полдень. Протокол заседания опубликуют через "
        "две недели.",
        "СЕУЛ, 26 ноября. /Агентство/. ",
        {"сохранил базовую ставку на прежнем уровне": "повысил базовую ставку на четверть пункта"},
    ),
    _signed(
        "ru",
        "Заместитель министра по делам объединения принял в понедельник посла Швеции. Стороны обсудили положение "
        "на полуострове и возможность возобновления диалога. Встреча продолжалась около часа и прошла в деловой "
        "обстановке, сообщили в министерстве.",
        " Фото: пресс-служба",
        {"Швеции": "Монголии"},
    ),
    Short(
        "ru",
        "Таможня Пусана задержала танкер «Заря» по подозрению в нарушении санкций. На борту находилось 2200 тонн "
        "топлива. Капитан допрошен, экипаж остаётся на судне. Владелец зарегистрирован на Маршалловых островах, "
        "связаться с ним не удалось.",
        {"остаётся": "остается"},
        {"«Заря»": "«Волна»", "2200": "900"},
    ),
    Short(
        "ru",
        "Землетрясение магнитудой 3,1 произошло утром на севере полуострова. Очаг находился на глубине 19 "
        "километров, сообщила метеослужба. Толчок был природного происхождения, подчеркнули специалисты. О "
        "разрушениях и пострадавших не сообщалось.",
        {"утром на севере": "сегодня утром на севере"},
        {"3,1": "3,4"},
    ),
    Short(
        "zh",
        "中央气象台26日发布暴雪预警，预计东北部分地区有大到暴雪，局地降雪量可达30毫米。气象部门提醒公众注意防寒保暖"
        "，减少外出，有关部门做好道路除雪工作，确保交通安全。",
        {"26日发布": "26日，发布"},
        {"26日": "30日", "东北": "西北"},
    ),
    _dated(
        "zh",
        "韩国央行宣布维持基准利率不变，符合市场普遍预期。行长将于中午举行记者会，说明作出这一决定的理由。会议纪要将"
        "在两周之后公布。央行今年还将举行两次货币政策会议。",
        "（首尔综合电）",
        {"维持基准利率不变": "下调基准利率"},
    ),
    _signed(
        "zh",
        "外交部发言人在例行记者会上表示，中方一贯主张通过对话协商解决半岛问题，希望有关各方保持克制，多做有利于和平"
        "稳定的事。瑞典特使将于下周访问北京，同中方官员会面。",
        "（完）",
        {"瑞典": "挪威"},
    ),
    Short(
        "zh",
        "韩国联合参谋本部表示，朝鲜当天上午向东部海域发射一枚弹道导弹。韩军正在分析导弹的型号和飞行距离，并与美日两"
        "国共享情报。韩军已加强警戒，保持万全的应对态势。",
        {"共享情报": "共享了情报"},
        {"一枚": "三枚"},
    ),
    Short(
        "zh",
        "韩光电子在釜山发布新款手机，屏幕为六英寸，电池可使用两天。公司表示，新机将于三月上市，售价约为五千元。去年该公司共售出四千万部手机，位居全球"
        "第三。",
        {"售价约为五千元": "售价约为五千元人民币"},
        {"手机，屏幕": "手表，屏幕", "六英寸": "两英寸"},
    ),
)

MISSED = tuple(short.text[:20] for short in SHORTS if {"metres", "an jedem Schalter", "остаётся"} & short.copied.keys())
"""Copies that are told once more: the edit can't be told from another word."""
