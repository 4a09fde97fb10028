"""What a valid request of ours has beyond its schema. Only requests that are meant to be valid are changed."""

import itertools
import os

import schemathesis

NUMBERS = itertools.count()
# How many decimals an amount may have depends on its currency.
AMOUNTS = ("amount", "price", "total_amount")


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A token of a page is good for one list with one set of filters, and can't be made up.
    if case.query:
        case.query.pop("page_token", None)
    # A key that was used with another request is refused, and few are drawn again and again.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"schemathesis-{os.getpid()}-{next(NUMBERS)}"
    if isinstance(case.body, dict):
        whole(case.body)
        # A token is for a method.
        if case.path == "/orders" and case.body.get("payment_token") and not case.body.get("payment_method"):
            del case.body["payment_token"]


def whole(value):
    """Rounds amounts away from nought."""
    if isinstance(value, list):
        for item in value:
            whole(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in AMOUNTS and isinstance(item, float):
                value[name] = int(item) or 1
            else:
                whole(item)


@schemathesis.hook
def filter_query(context, query):
    """A parameter without a value counts as absent, so it can't make a request wrong. An empty object is written as one."""
    return not any(value in ("", {}, []) for value in (query or {}).values())
