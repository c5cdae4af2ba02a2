"""What reports hold of a person: which files they brought in."""

from marketplace.core import retention
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_table
from marketplace.reports.models import ReportImport

register_table(
    "report_imports",
    lazy("您报送的经营月报"),
    ReportImport,
    "imported_by_id",
    {"number": lazy("编号"), "filename": lazy("文件名"), "added": lazy("新增行数"), "created_at": lazy("时间")},
)
retention.keep(
    "reports", lazy("经营月报"), "report_line", lazy("长期保存"), "人力资源市场暂行条例第三十三条（不少于两年）"
)
