"""Fictional names, codes and numbers. Every one is made up by a seeded generator; a likeness to a real body is chance.

Mobile numbers use the prefix 1990000, USCCs a body code that begins with `DM`, addresses the `.example` domain, so that none reaches anybody.
"""

from random import Random

from marketplace.core.uscc import check_character, organisation_digit

MARK = "（演示）"
FIRM_BRANDS = (
    "青禾 汇贤 才聚 江澜 朗程 博睿 智联港 云杉 同舟 卓聘 信诚达 海纳 领程 众合 启航 优才港 淀湖 贤达 恒信 瑞聘 "
    "新程 万才 德仁 易聘 融创才 明湖 凌峰 华聘 嘉禾 盛才 联程 佳聘 天择 远才 思贤 睿程 百川 中聘 和信 毓才 蓝桥 同程达 星聘 立人"
).split()  # fmt: skip
FIRM_KINDS = (
    "人力资源服务有限公司", "人力资源科技有限公司", "人才服务有限公司", "企业管理咨询有限公司", "人力资源集团有限公司", "劳务服务有限公司",
)  # fmt: skip
CLIENT_FIRST = "安 邦 晨 达 东 方 丰 冠 光 国 海 恒 宏 华 辉 佳 建 金 景 凯 康 科 蓝 乐 利 联 隆 美 明 宁 鹏 启 勤 瑞 润 盛 顺 泰 天 通 万 旺 维 祥 欣 新 鑫 信 兴 旭 雅 亿 益 永 优 宇 元 远 正 志 中 众 卓".split()  # noqa: E501
CLIENT_SECOND = "安 邦 博 昌 成 驰 创 德 鼎 飞 峰 富 港 格 冠 光 瀚 豪 浩 和 弘 华 汇 吉 嘉 健 杰 晶 康 坤 朗 乐 力 林 茂 铭 诺 锐 森 晟 硕 腾 威 伟 翔 兴 轩 阳 扬 耀 毅 逸 源 悦 云 泽 展 振 智".split()  # noqa: E501
INDUSTRIES = (
    ("汽车零部件", "汽车零部件有限公司"), ("集成电路", "微电子有限公司"), ("生物医药", "生物医药科技有限公司"),
    ("新能源", "新能源科技有限公司"), ("装备制造", "智能装备有限公司"), ("电子信息", "电子科技有限公司"), ("纺织服装", "纺织服饰有限公司"),
    ("食品饮料", "食品有限公司"), ("物流仓储", "供应链管理有限公司"), ("电子商务", "电子商务有限公司"), ("软件信息", "信息技术有限公司"),
    ("商贸零售", "商贸有限公司"), ("餐饮住宿", "餐饮管理有限公司"), ("建筑工程", "建设工程有限公司"), ("金融服务", "商务咨询有限公司"),
    ("教育文化", "文化发展有限公司"), ("会展服务", "会展服务有限公司"), ("化工新材料", "新材料有限公司"),
)  # fmt: skip
SIZES = ("微", "小", "小", "小", "中", "中", "大")
SURNAMES = "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕".split()
CITY_WEIGHTS = {
    "310000": 30, "320500": 12, "320200": 6, "320100": 6, "330100": 8, "330200": 5, "330400": 8, "340100": 4, "320400": 4, "320600": 4,
}  # fmt: skip
SERIAL = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_uscc(serial: int, region: str) -> str:
    """A code that passes every check and names no real body: `91` + region + `DM` + serial in base 31."""
    digits = ""
    for _ in range(6):
        serial, rest = divmod(serial, len(SERIAL))
        digits = SERIAL[rest] + digits
    body = "DM" + digits
    first17 = f"91{region}{body}{organisation_digit(body)}"
    return first17 + check_character(first17)


def mobile(serial: int) -> str:
    """A number in a block that no carrier hands out to people here: 1990 and a serial."""
    return f"1990{serial % 10_000_000:07d}"


def person(rng: Random) -> str:
    """A contact without a given name, as in 王经理."""
    return rng.choice(SURNAMES) + rng.choice(("经理", "主管", "女士", "先生", "总监"))
