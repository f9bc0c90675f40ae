"""SIP's words that we know: methods, extensions, kinds of bodies, statuses."""

from __future__ import annotations

#: Methods that are worked on.
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "REFER", "NOTIFY")
#: Methods that are known, and answered 405.
OTHERS = ("REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "PRACK")
ALLOW = ", ".join(METHODS)
#: Extensions that a request may require.
EXTENSIONS = ("timer",)
#: Bodies that an INVITE or UPDATE may carry.
BODIES = ("application/sdp", "multipart/mixed")

#: What statuses are called.
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}
