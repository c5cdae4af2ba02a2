"""Words of the desk."""

from marketplace.core.i18n import LazyString, lazy

ROLE_NAMES: dict[str, LazyString] = {
    "service": lazy("客服"),
    "reviewer": lazy("审核员"),
    "operator": lazy("运营"),
    "finance": lazy("财务"),
    "bureau": lazy("人社部门"),
    "admin": lazy("系统管理员"),
    "security": lazy("安全管理员"),
    "auditor": lazy("审计员"),
}
