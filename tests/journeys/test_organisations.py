"""How organisations run themselves, through the pages alone: the wizard on two devices, asking to join, inviting, approving a purchase."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import queue
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage, render
from marketplace.core.web import limiter
from marketplace.organisations.models import Organisation
from tests.factories import admin_of, make_client, make_firm, make_member, make_uscc
from tests.factories.catalog import make_listing
from tests.support.visitor import Visitor

pytestmark = pytest.mark.live
PASSWORD = "Violet-Harbour-27"
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


@pytest.fixture
def site(live_app: Flask, clock: Any) -> Flask:
    limiter.reset()
    return live_app


def state_of(name: str) -> str:
    db.session.rollback()
    return db.session.scalars(select(Organisation.state).where(Organisation.name == name)).one()


def mails(event: str, address: str | None = None) -> list[str]:
    db.session.rollback()
    queue.drain()
    query = select(OutboxMessage).where(OutboxMessage.event == event).order_by(OutboxMessage.id)
    if address:
        query = query.where(OutboxMessage.address == address)
    return [render(m)[1] for m in db.session.scalars(query)]


def test_a_file_begun_at_the_office_is_finished_on_a_phone(site: Flask) -> None:
    office, name, email = Visitor(site), "青浦晨星人力资源有限公司", "chen@chenxing.example"
    office.go("/account/sign-up/organisation?kind=firm")
    office.press(
        "注册", uscc=make_uscc(), name=name, city_code="310000", person_name="陈经办", email=email, password=PASSWORD, repeat=PASSWORD,
        agree=True,
    )  # fmt: skip
    assert office.address == "/organisation/onboarding"
    for text in (
        "请填写单位地址",
        "请上传营业执照",
        "许可证、人力资源服务备案或劳务派遣经营许可证中的至少一项",
        "用于收款与结算",
    ):
        assert text in office.words
    office.follow("继续填写：主体信息")
    office.press("保存，稍后再填", address="青浦区北青公路 18 号", legal_representative="沈法人")
    assert "请填写单位地址" not in office.words

    phone = Visitor(site).sign_in(email, PASSWORD)
    phone.follow("完善资料并提交核验")
    phone.follow("继续填写：证照")
    for kind in ("business", "HR_FILING"):
        phone.go("/organisation/onboarding/licences")
        phone.follow("上传证照")
        phone.press("上传", kind=kind, number=f"{kind}-1", is_long_term=True, file=[(PDF, f"{kind}.pdf")])
    phone.go("/organisation/onboarding/licences")
    phone.follow("继续下一步")
    phone.press("保存并继续", contact_name="陈经办", contact_mobile="19900004321")
    assert phone.address == "/organisation/onboarding/bank-account"
    phone.press("保存并继续", status=422, bank_name="中国工商银行", account="123")
    assert "8 至 32 位" in phone.errors() and phone.value("bank_name") == "中国工商银行"
    phone.press("保存并继续", account="6222 0210 0123 4567 890")
    phone.follow("暂不填写，继续下一步")
    assert phone.fact("法定代表人") == "沈法人" and phone.fact("银行账号") == "**** **** 7890"

    office.go("/organisation/onboarding/review")  # the other device sees the same
    assert "6222" not in office.words and office.fact("联系人") == "陈经办"
    office.press("提交审核", status=422)
    assert "验证邮箱或手机号码" in office.words
    office.confirm_email(email)
    office.go("/organisation/onboarding/review")
    office.press("提交审核")
    assert "资料已提交" in office.words and state_of(name) == "submitted"
    phone.go("/organisation/onboarding/review")
    assert not phone.page.find("button", string=re.compile("提交审核"))


def test_a_colleague_asks_to_join_and_the_administrator_decides(site: Flask) -> None:
    firm = make_firm(name="青浦晨星人力资源有限公司")
    admin = Visitor(site).sign_in(admin_of(firm))
    colleague = Visitor(site)
    colleague.go("/account/sign-up/organisation?kind=firm")
    person = {
        "name": "晨星人力", "city_code": "310000", "person_name": "林同事", "email": "lin@chenxing.example", "password": PASSWORD,
        "repeat": PASSWORD, "agree": True,
    }  # fmt: skip
    colleague.press("注册", status=422, uscc=firm.uscc, **person)
    assert "可以申请加入" in colleague.errors()
    colleague.press("申请加入该单位", password=PASSWORD, repeat=PASSWORD, message="招聘二部")
    assert colleague.address == "/organisation/joining" and firm.uscc in colleague.words
    assert len(mails("join_request.requested", admin_of(firm).email)) == 1

    admin.go("/desk/")
    admin.go("/organisation/members")
    assert "招聘二部" in admin.words
    admin.follow("处理")
    admin.press("婉拒申请", **{"decline-reason": "请用公司邮箱注册"})
    assert "请用公司邮箱注册" in colleague.go("/organisation/joining")
    colleague.press("发送申请", uscc=firm.uscc, message="公司邮箱已核对")
    admin.go("/organisation/members")
    admin.follow("处理")
    admin.press("同意加入", **{"approve-role": "business"})
    admin.again(status=200)
    assert "林同事" in admin.go("/organisation/members")
    assert firm.name in colleague.go("/firm/profile")
    assert len(mails("join_request.approved", "lin@chenxing.example")) == 1


def test_an_invited_person_works_until_removed(site: Flask) -> None:
    client = make_client(name="苏州河畔精密制造有限公司")
    admin, invited = Visitor(site).sign_in(admin_of(client)), Visitor(site)
    admin.go("/organisation/members")
    admin.follow("邀请成员")
    admin.press("生成邀请", role="purchasing", email="buyer@hepan.example")
    link = admin.page.select_one(".copyable code")
    assert link is not None
    path = "/join/" + link.get_text().rsplit("/join/", 1)[1]
    [body] = mails("invitation.sent", "buyer@hepan.example")
    assert path in body and "采购" in body
    assert path not in admin.go("/organisation/members")

    assert client.name in invited.go(path)
    invited.press("建立账号并加入", status=422, person_name="周采购", password=PASSWORD, repeat=PASSWORD)
    invited.press("建立账号并加入", password=PASSWORD, repeat=PASSWORD, agree=True)
    assert invited.address == "/desk/" and client.name in invited.words
    assert "已失效" in Visitor(site).go(path, status=410)

    listing = make_listing()
    invited.go(f"/services/{listing.id}")
    assert invited.links("立即下单")
    admin.go("/organisation/members?q=周采购")
    admin.follow("调整")
    admin.press("保存角色", role="viewer")
    assert invited.fetch(f"/services/{listing.id}/order")[0] == 403
    admin.go("/organisation/members?q=周采购")
    admin.follow("调整")
    admin.press("确认移除成员")
    assert invited.fetch("/client/orders")[0] == 403
    assert "尚未加入任何单位" in invited.go("/desk/")


def test_a_purchase_above_the_limit_needs_a_second_person(site: Flask) -> None:
    client, firm = make_client(name="苏州河畔精密制造有限公司"), make_firm()
    listing = make_listing(firm=firm, price_min_fen=20_00, price_max_fen=80_00)
    admin = Visitor(site).sign_in(admin_of(client))
    buyer = Visitor(site).sign_in(make_member(client, "purchasing", name="周采购"))
    finance = Visitor(site).sign_in(make_member(client, "finance", name="吴财务"))
    seller = Visitor(site).sign_in(admin_of(firm))
    admin.go("/client/profile")
    admin.follow("设置审批")
    admin.press("保存", mode="on", limit="500")

    def order(quantity: str) -> str:
        buyer.go(f"/services/{listing.id}")
        buyer.follow("立即下单")
        buyer.press(
            "下一步：核对订单", quantity=quantity, unit_price="50", starts_on="2026-11-23", ends_on="2026-12-31",
            **{"milestones-0-title": "首月服务"},
        )  # fmt: skip
        buyer.press("提交订单", agree=True)
        return buyer.address

    small, large, refused = order("10"), order("11"), order("12")
    assert "等待机构确认" in buyer.go(small) and "批准之前服务机构看不到" in buyer.go(large)
    assert "共 1 条" in seller.go("/firm/orders") and seller.fetch(large)[0] == 404
    assert len(mails("order.approval_requested")) == 4  # two purchases, each told to two who may decide

    finance.go("/desk/")
    assert "待审批的采购" in finance.words
    finance.go(large)
    finance.press("确认批准采购")
    finance.go(refused)
    finance.follow("驳回采购")
    finance.press("确认提交", reason="预算不足")
    assert "预算不足" in buyer.go(refused)
    assert "共 2 条" in seller.go("/firm/orders") and seller.fetch(refused)[0] == 404
    seller.go(large)
    assert "内部审批" not in seller.words
    seller.press("确认订单")
    assert "付款信息" in buyer.go(large)
