"""Formats of the API's document that schemathesis does not know by itself."""

from datetime import datetime

import schemathesis
from hypothesis import strategies as st

# Random digits in mixed case are hardly ever their own checksum (EIP-55), so addresses come in one case, or are known ones.
one_case = st.one_of(st.text("0123456789abcdef", min_size=40, max_size=40), st.text("0123456789ABCDEF", min_size=40, max_size=40))
known = st.sampled_from(
    [
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0101010101010101010101010101010101010101",
        "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    ]
)
schemathesis.openapi.format("eip55-address", st.one_of(known, one_case).map(lambda digits: "0x" + digits))


def seconds(text):
    """A time as the API reads it."""
    text = str(text)
    if text.isdigit():
        return int(text) / 1_000 if len(text) == 13 else int(text)
    return datetime.fromisoformat(text).timestamp()


@schemathesis.hook
def before_call(context, case, kwargs):
    """What a schema can't say: a span ends no earlier than it begins. Such a case goes the other way round."""
    query = case.query or {}
    for first, last, read in (("from_block", "to_block", int), ("from", "to", seconds)):
        try:
            is_backward = read(query[first]) > read(query[last])
        except (KeyError, TypeError, ValueError):
            continue
        if is_backward:
            query[first], query[last] = query[last], query[first]
