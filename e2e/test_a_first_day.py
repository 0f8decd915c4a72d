"""The main job from end to end: a stranger signs up, brings the firm's book in, works in it, and is joined by a colleague."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from e2e import books
from e2e.conftest import PHONE, Comes
from e2e.visitor import Visitor


def test_a_stranger_signs_up_imports_finds_a_customer_logs_a_call_and_invites_a_colleague(comes: Comes, tmp_path: Path) -> None:
    companies = books.companies(tmp_path)
    people = books.persons(books.names_in(companies), 10_000)
    ada = comes()
    ada.sign_up("ada@brenner.example", "Brenner & Sons", "Ada Brenner")
    ada.import_file("Accounts", companies, books.REAL_COUNT)
    ada.at_heading("Accounts")
    ada.import_file("Contacts", books.persons_file(tmp_path, people), len(people))
    ada.at_heading("Contacts")

    customer = people[4_001]
    ada.open("/today")
    ada.find(customer.email, customer.shown)
    ada.reads(customer.company)
    logs_a_call_and_undoes_one(ada, "Wants a price by Friday")

    ben = comes()
    ben.accept(ada.invite("ben@brenner.example", "Ben Okafor"))
    ben.find(customer.phone, customer.shown)
    sees_the_call_of(ben, "Ada Brenner", "Wants a price by Friday")
    ada.open("/people")
    ada.reads("Ben Okafor")


def test_the_same_day_in_chinese(comes: Comes, tmp_path: Path) -> None:
    firms = books.chinese_companies(40)
    people = books.persons(firms, 300, ("zh_CN",))
    wang = comes("zh_Hans")
    wang.sign_up("wang@chenxi.example", "苏州晨曦精密机械有限公司", "王秀英")
    wang.import_file("Contacts", books.chinese_file(tmp_path, people), len(people))
    wang.at("联系人")

    customer = people[123]
    wang.find(customer.phone.removeprefix("+86 "), customer.shown)
    wang.reads(customer.company)
    logs_a_call_and_undoes_one(wang, "周五前要报价")

    li = comes("zh_Hans")
    li.accept(wang.invite("li@chenxi.example", "李伟"))
    li.find(customer.email, customer.shown)
    sees_the_call_of(li, "王秀英", "周五前要报价")


def test_the_same_day_on_a_phone(comes: Comes, tmp_path: Path) -> None:
    companies = books.companies(tmp_path, 60)
    people = books.persons(books.names_in(companies), 90)
    mia = comes(on=PHONE)
    mia.sign_up("mia@harbour.example", "Harbour Coffee", "Mia Lindgren")
    mia.import_file("Accounts", companies, 60)
    mia.import_file("Contacts", books.persons_file(tmp_path, people), len(people))
    mia.at_heading("Contacts")

    customer = people[31]
    mia.find(customer.shown, customer.shown)
    logs_a_call_and_undoes_one(mia, "Would like to taste the new roast")

    tom = comes(on=PHONE)
    tom.accept(mia.invite("tom@harbour.example", "Tom Okafor"))
    tom.find(customer.family, customer.shown)
    sees_the_call_of(tom, "Mia Lindgren", "Would like to taste the new roast")


def logs_a_call_and_undoes_one(visitor: Visitor, said: str) -> None:
    """Log a call in two clicks and take it back; log another one with what was said."""
    visitor.press("Log a call")
    visitor.press("Log call", within=visitor.page.get_by_role("dialog"))
    done = visitor.toast("Call logged")
    calls = visitor.story().locator(".timeline-item").filter(has_text=visitor.say("called"))
    expect(calls).to_have_count(1)
    visitor.look("call-in-two-clicks")
    visitor.press("Undo", within=done)
    visitor.toast("Undone")
    expect(calls).to_have_count(0)
    visitor.press("Log a call")
    sheet = visitor.page.get_by_role("dialog")
    sheet.get_by_label(visitor.say("Reached"), exact=True).check()
    visitor.fill("What was said", said, within=sheet)
    visitor.look("log-a-call")
    visitor.press("Log call", within=sheet)
    visitor.toast("Call logged")
    expect(calls).to_contain_text([said])
    visitor.look("timeline")


def sees_the_call_of(visitor: Visitor, caller: str, said: str) -> None:
    """Read in the timeline what a colleague wrote."""
    expect(visitor.story()).to_contain_text(caller)
    expect(visitor.story()).to_contain_text(said)
    visitor.look("sees-the-call")
