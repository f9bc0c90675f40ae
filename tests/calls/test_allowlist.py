from __future__ import annotations

import pytest

from calls.allowlist import Address, allowed
from calls.errors import WebError

pytestmark = pytest.mark.unit

LIST = [Address.parse("https://crm.example.cn/"), Address.parse("http://10.0.0.5:8080/api")]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("https://crm.example.cn", "https://crm.example.cn"),
        ("https://crm.example.cn:443/orders?id=1", "https://crm.example.cn/orders?id=1"),
        ("https://CRM.example.cn/", "https://crm.example.cn/"),
        (
            "https://crm.example.cn/查询?q=话费",
            "https://crm.example.cn/%E6%9F%A5%E8%AF%A2?q=%E8%AF%9D%E8%B4%B9",
        ),
        ("https://crm.example.cn/?next=/../", "https://crm.example.cn/?next=/../"),
        ("https://crm.example.cn/?@evil.example/", "https://crm.example.cn/?@evil.example/"),
        ("http://10.0.0.5:8080/api", "http://10.0.0.5:8080/api"),
        ("http://10.0.0.5:8080/api/v1", "http://10.0.0.5:8080/api/v1"),
    ],
)
def test_what_lies_below_an_address_is_allowed(asked: str, sent: str) -> None:
    assert str(allowed(asked, LIST)) == sent


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "crm.example.cn",
        "//crm.example.cn/",
        "http://crm.example.cn/",
        "file:///etc/passwd",
        "https://crm.example.cn:8443/",
        "https://crm.example.cn:99999/",
        # another host that looks like it
        "https://crm.example.cn@evil.example/",
        "https://crm.example.cn:443@evil.example/",
        "https://user@crm.example.cn/",
        "https://crm.example.cn.evil.example/",
        "https://evilcrm.example.cn/",
        "https://crm.example.cn\\@evil.example/",
        "https://evil.example\\.crm.example.cn/",
        "https://crm.example.cn%2eevil.example/",
        "https://evil.example/https://crm.example.cn/",
        "https://evil.example#https://crm.example.cn/",
        "https://crm.example.cn/\n",
        "https://crm.example.cn /",
        # the same host, written as a number
        "http://167772165:8080/api/",
        # out of the folder
        "http://10.0.0.5:8080/",
        "http://10.0.0.5:8080/apiary",
        "http://10.0.0.5:8080/api/../admin",
        "http://10.0.0.5:8080/api/%2e%2e/admin",
        "http://10.0.0.5:8080/api/.%2E/admin",
        "http://10.0.0.5:8080/api/%252e%252e/admin",
        "http://10.0.0.5:8080/api/..%2fadmin",
        "http://10.0.0.5:8080/api/..%5cadmin",
        "http://10.0.0.5:8080/api/..;x/admin",
    ],
)
def test_everything_else_is_not(asked: str) -> None:
    assert allowed(asked, LIST) is None


def test_nothing_is_allowed_by_default() -> None:
    assert allowed("https://crm.example.cn/", []) is None


@pytest.mark.parametrize(
    "entry",
    [
        "crm.example.cn",
        "ftp://crm.example.cn/",
        "https://",
        "https://me@crm.example.cn/",
        "https://a/?b",
        "*",
    ],
)
def test_an_entry_that_is_no_address_is_refused(entry: str) -> None:
    with pytest.raises(WebError) as refused:
        Address.parse(entry)
    assert str(refused.value).startswith(f"allowed address {entry!r}: no address of a server → write it as")
