"""What files hold of a person: which they uploaded. The contents belong to the organisation for which they did."""

from marketplace.core import retention
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_table
from marketplace.files.models import StoredFile

register_table(
    "files", lazy("上传的文件（目录）"), StoredFile, "uploaded_by_id",
    {
        "number": lazy("编号"), "filename": lazy("文件名"), "purpose": lazy("用途"), "media_type": lazy("类型"), "size": lazy("大小（字节）"),
        "sha256": lazy("摘要"), "created_at": lazy("上传时间"), "owner_organisation_id": lazy("单位编号"),
    },
)  # fmt: skip
retention.keep(
    "files",
    lazy("上传的证照与交付文件"),
    "stored_file",
    lazy("与所属交易、资质记录相同，至少三年"),
    "电子商务法第二十七、三十一条",
)
