"""The way of a data request as data."""

from enum import StrEnum

from marketplace.core.i18n import LazyString, lazy
from marketplace.core.lifecycle import Action, Process


class DataRequestState(StrEnum):
    RECEIVED = "received"  # waits for the park's answer, at most 15 working days
    ANSWERED = "answered"  # granted or dealt with, with a text
    REFUSED = "refused"  # refused with reasons, as PIPL 50 asks
    WITHDRAWN = "withdrawn"  # taken back by the person

    @property
    def label(self) -> LazyString:
        return _STATES[self][0]

    @property
    def tone(self) -> str:
        return _STATES[self][1]


_STATES: dict[DataRequestState, tuple[LazyString, str]] = {
    DataRequestState.RECEIVED: (lazy("待答复"), "warning"),
    DataRequestState.ANSWERED: (lazy("已办结"), "success"),
    DataRequestState.REFUSED: (lazy("未予办理"), "danger"),
    DataRequestState.WITHDRAWN: (lazy("已撤回"), "neutral"),
}
DATA_REQUEST_PROCESS = Process(
    noun="data_request",
    initial="received",
    states=DataRequestState,
    actions=(
        Action("answer", ("received",), "answered", "data_request.answered", "can_answer_data_request", lazy("办结"), "closed_at"),
        Action("refuse", ("received",), "refused", "data_request.refused", "can_answer_data_request", lazy("不予办理"), "closed_at"),
        Action("withdraw", ("received",), "withdrawn", "data_request.withdrawn", "can_withdraw_data_request", lazy("撤回"), "closed_at"),
    ),
    waiting={"received": "answer"},
)  # fmt: skip
