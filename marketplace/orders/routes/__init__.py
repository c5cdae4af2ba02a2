"""The pages of orders: placing, one order for both its sides, the steps of its milestones, and each desk's list."""

from flask import Blueprint

bp = Blueprint("orders", __name__)

from marketplace.orders.routes import listing, milestones, placing, showing  # noqa: E402, F401
