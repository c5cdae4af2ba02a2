"""A person's whole way: sign up, be asked again when a rule changes, take one's data, close the account, be a stranger again."""

import io
import json
import zipfile
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.duties import jobs
from marketplace.duties.models import Consent
from tests.factories import make_uscc
from tests.support.visitor import Visitor

LOGIN, SECRET = "wang@qinghe.example", "a good long password"


def sign_up(person: Visitor, name: str) -> None:
    person.go("/account/sign-up/organisation?kind=client")
    person.press(
        "注册", uscc=make_uscc(), name=name, city_code="310000", person_name="王经理", email=LOGIN, password=SECRET, repeat=SECRET,
        agree=True,
    )  # fmt: skip


def user() -> User:
    return db.session.scalars(select(User).where(User.email == LOGIN)).one()


def test_from_signing_up_to_being_a_stranger_again(app: Any, clock: Any) -> None:
    person = Visitor(app)
    sign_up(person, "安邦制造有限公司")
    first = user().id
    assert person.go("/account/consents").count("第 1 版") >= 3

    clock.set("2026-12-01")  # the privacy rules' second version counts
    person.go("/account/sign-in")
    person.press("登录", email=LOGIN, password=SECRET)
    assert person.address == "/account/consents"
    assert "个人信息处理规则" in person.words and "修改要点" in person.words
    person.follow("与您此前同意的第 1 版对照")
    assert "注销账号" in person.words
    person.go("/account/consents?next=/desk/")
    person.press("同意并继续", status=422)
    assert "勾选同意" in person.errors()
    person.press("同意并继续", agree=True)
    assert person.address == "/desk/"

    person.go("/account/data")
    person.press("生成数据副本")
    form = person.button("下载副本（ZIP）").find_parent("form")
    assert form is not None
    archive = person.client.post(str(form["action"]), data={"form_key": "k"})
    with zipfile.ZipFile(io.BytesIO(archive.data)) as copy:
        consents = json.loads(copy.read("json/consents.json"))
        assert [(c["document"], c["document_version"]) for c in consents][-1] == ("privacy", 2)
        assert json.loads(copy.read("json/account.json"))[0]["email"] == LOGIN

    person.go("/account/close")
    person.press("注销我的账号", status=422)
    person.press("注销我的账号", understood=True)
    assert person.address == "/" and "账号已注销" in BeautifulSoup(str(person.page), "html.parser").get_text()
    person.go("/account/sign-in")
    person.press("登录", status=422, email=LOGIN, password=SECRET)
    assert "账号或密码不正确" in person.errors()

    sign_up(person, "安邦第二制造有限公司")
    assert user().id != first and person.go("/account/consents").count("注册时勾选") == 3

    clock.set("2029-11-30")
    jobs.run_retention()
    assert db.session.scalars(select(Consent).where(Consent.user_id == first)).all()
    clock.set("2029-12-05")
    jobs.run_retention()
    assert db.session.scalars(select(Consent).where(Consent.user_id == first)).all() == []
    assert len(db.session.scalars(select(Consent).where(Consent.user_id == user().id)).all()) == 3
