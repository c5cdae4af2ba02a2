"""Rules and notices that the law wants within reach of the front page (电子商务法 15, 32–33)."""

from flask import render_template

from marketplace.core import settings
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.sharing import shared_page
from marketplace.core.web import public
from marketplace.pages.routes import bp

DOCUMENTS = {
    "agreement": lazy("平台服务协议"),
    "trading-rules": lazy("交易规则"),
    "privacy": lazy("个人信息处理规则"),
    "fees": lazy("收费标准"),
    "ranking": lazy("搜索排序说明"),
    "accessibility": lazy("无障碍声明"),
}


@bp.get("/legal/")
@public
@shared_page()
def legal() -> str:
    return render_template("legal/index.html", documents=DOCUMENTS)


@bp.get("/legal/<string:document>")
@public
@shared_page()
def legal_document(document: str) -> str:
    if document not in DOCUMENTS:
        raise NotFound("legal.missing", lazy("没有这份文件"))
    rate = settings.get("orders.commission_bps")
    return render_template(
        f"legal/{document}.html", title=DOCUMENTS[document], documents=DOCUMENTS, commission_bps=rate
    )
