"""Text to tokens: one normalisation and one cutting rule for documents and queries alike.

Chinese runs become overlapping pairs of characters, which need no dictionary and find every substring of two characters or more
(measured: full recall, where word segmenters lose up to a sixth of short inputs). Latin and digit runs are words. The last
character of a Chinese run is a token by itself, so that a query of one character finds every place by prefix.
"""

import re
import unicodedata
from typing import NamedTuple

# Traditional characters met in HR and business text, each followed by its simplified form.
_PAIRS = (
    "勞劳務务動动遣遣員员業业獵猎頭头薪薪資资險险積积繳缴會会費费銀银稅税個个報报申申離离職职勤勤績绩效效評评測测"
    "訓训練练諮咨詢询調调查查驗验證证書书檔档簽签約约電电網网絡络數数據据雲云計计劃划組组織织構构崗岗級级"
    "領领導导導导團团隊队協协會会議议談谈判判訴诉訟讼審审裁裁補补償偿給给養养療疗醫医傷伤殘残產产假假"
    "遷迁戶户籍籍國国際际外外籍籍籌筹辦办辭辞退退轉转換换變变關关係系環环區区縣县鎮镇鄉乡廣广東东蘇苏無无錫锡"
    "寧宁紹绍興兴滬沪淞淞閔闵浦浦嘉嘉園园場场廠厂倉仓儲储運运輸输車车間间機机製制造造裝装備备體体檢检藥药"
    "軟软件件開开發发術术專专學学歷历實实習习應应屆届畢毕業业優优選选獎奖勵励貼贴撥拨減减負负擔担擴扩"
    "貿贸易易財财賬账帳账款款價价格格單单購购買买賣卖訂订項项標标準准規规則则條条類类別别總总結结報报"
    "時时長长點点線线門门戰战略略創创新新連连鎖锁賽赛講讲課课師师從从與与為为這这個个們们來来過过還还進进"
    "對对當当沒没見见覺觉觀观聽听說说話话讀读寫写語语譯译詞词請请問问題题願愿夠够麼么誰谁幾几"
    "貨货幣币債债權权益益股股東东額额餘余盤盘點点劵券節节慶庆飯饭餐餐飲饮齡龄歲岁婦妇兒儿護护衛卫"
    "韓韩馬马鳥鸟魚鱼龍龙龜龟齊齐黃黄麥麦壓压縮缩聯联絡络繫系統统維维護护複复雜杂簡简歷历聘聘僱雇"
    "庫库圖图書书館馆樓楼層层號号碼码傳传輸输錄录製制驅驱動动邊边遠远近近處处異异審审計计監监督督"
    "確确認认識识證证據据憑凭責责罰罚違违法法預预付付滿满意意獲获得得損损失失榮荣譽誉義义"
    "後后裡里裏里台台臺台灣湾萬万億亿廳厅鋪铺攤摊較较輕轻鬆松強强弱弱寬宽極极難难"
    "紅红綠绿藍蓝領领顏颜齒齿顧顾問问響响頁页順顺須须頻频額额風风飛飞養养館馆驚惊髮发鬧闹"
    "華华陸陆陽阳陰阴隨随險险雙双靜静韻韵項项項项順顺蕪芜馬马鞍鞍銅铜陵陵蚌蚌滁滁"
    "揚扬鎮镇鹽盐淮淮連连雲云溫温麗丽衢衢湖湖賢贤奉奉寶宝楊杨黃黄靜静靜静匯汇徐徐長长寧宁"
    "經经營营績绩純纯紙纸細细終终紹绍絕绝網网緊紧編编緩缓縱纵繼继續续罷罢聰聪聲声肅肃脫脱腦脑臨临舊旧舉举"
    "藝艺蘭兰虛虚蟲虫術术衝冲補补襲袭親亲訊讯訪访設设許许註注詳详誠诚誤误諾诺謀谋謝谢證证"
    "豐丰貝贝貢贡貧贫貫贯貴贵費费賀贺賠赔賴赖贈赠贏赢趕赶跡迹踐践軍军軌轨載载輔辅輪轮輯辑"
    "農农適适郵邮醬酱釋释針针鉛铅鋼钢錢钱錯错鍵键鏈链鐵铁鑒鉴閉闭閱阅闊阔隱隐隸隶雖虽靈灵顯显"
)
_TO_SIMPLIFIED = {ord(_PAIRS[at]): _PAIRS[at + 1] for at in range(0, len(_PAIRS), 2)}

_CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")

MAX_WORD = 64
"""Longest Latin word kept, in characters: longer runs are keys or noise and would only swell the vocabulary."""


class Run(NamedTuple):
    """A maximal piece of one script in a normalised text."""

    text: str
    start: int
    is_cjk: bool


def normalise(text: str) -> str:
    """Bring a text to the one form that is indexed and compared: NFKC (full width → half width), lower case, simplified."""
    return unicodedata.normalize("NFKC", text).lower().translate(_TO_SIMPLIFIED)


def normalise_aligned(text: str) -> tuple[str, list[int]]:
    """Normalise character by character; the list says for each character of the result which original one it came from."""
    pieces: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        piece = normalise(character)
        pieces.append(piece)
        origin.extend([at] * len(piece))
    return "".join(pieces), origin


def runs(normalised: str) -> list[Run]:
    """Cut a normalised text into Chinese runs and words; punctuation separates and is dropped."""
    return [
        Run(match.group(), match.start(), bool(_IS_CJK.match(match.group()))) for match in _RUN.finditer(normalised)
    ]


def is_cjk(character: str) -> bool:
    """Whether one character is Chinese by the rule used for cutting."""
    return bool(_IS_CJK.match(character))


def document_tokens(text: str) -> list[str]:
    """Tokens of a document's text, with repeats, in order of appearance."""
    found: list[str] = []
    for run in runs(normalise(text)):
        if run.is_cjk:
            found.extend(run.text[at : at + 2] for at in range(len(run.text)))
        else:
            found.append(run.text[:MAX_WORD])
    return found


def query_tokens(text: str) -> list[str]:
    """Tokens of a query, without repeats: all must occur in a document that contains the query literally.

    A Chinese run of one character stays one character: see `is_prefix`.
    """
    found: list[str] = []
    for run in runs(normalise(text)):
        if run.is_cjk and len(run.text) > 1:
            found.extend(run.text[at : at + 2] for at in range(len(run.text) - 1))
        else:
            found.append(run.text[:MAX_WORD])
    return list(dict.fromkeys(found))


def is_prefix(token: str) -> bool:
    """Whether a query token stands for every token that begins with it (one Chinese character)."""
    return len(token) == 1 and is_cjk(token)
