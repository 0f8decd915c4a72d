"""What is proposed where no preset knows the file: by names, by cells, and never twice."""

from __future__ import annotations

from saas.crm.transfer.content import look_at
from saas.crm.transfer.mapping import Suggestion, suggest
from saas.crm.transfer.targets import Target

TARGETS = [
    Target("full_name", "contacts", "Name", "person_full"),
    Target("given_name", "contacts", "Given name", "person_first"),
    Target("family_name", "contacts", "Family name", "person_last"),
    Target("email", "contacts", "E-mail", "email"),
    Target("phones", "contacts", "Phone", "phone", is_many=True),
    Target("company", "contacts", "Company", "link"),
    Target("consent", "contacts", "Marketing consent", "yes_no"),
    Target("birth_date", "contacts", "Birth date", "date"),
    Target("shoe_size", "contacts", "Shoe size", "number", aliases=("鞋码",)),
    Target("owner", "contacts", "Owner", "member"),
    Target("phones", "accounts", "Phone", "phone", is_many=True),
]


def propose(headers: list[str], *rows: list[str]) -> list[Suggestion]:
    return suggest(headers, list(rows), TARGETS)


def test_a_single_target_is_proposed_once_and_the_fuller_column_wins() -> None:
    found = propose(["Email", "E-mail address", "Mail"], ["", "ann@x.de", ""], ["", "bob@x.de", ""])
    assert [each.target_key for each in found] == [None, "email", None]
    assert found[0].why.code == "why_taken"


def test_fields_of_many_values_take_several_columns_with_their_labels() -> None:
    found = propose(["Mobile", "Work phone", "Home phone"], ["+49 171 1234567", "030 1234567", "030 7654321"])
    assert [(each.target_key, each.label) for each in found] == [("phones", "mobile"), ("phones", "work"), ("phones", "home")]


def test_a_firms_phone_goes_to_the_firm() -> None:
    found = propose(["Company phone", "Phone"])
    assert [(each.target.object, each.target.key) for each in found if each.target] == [("accounts", "phones"), ("contacts", "phones")]


def test_opt_out_columns_fill_consent_the_other_way_round() -> None:
    found = propose(["Email Opt Out"], ["true"])
    assert (found[0].target_key, found[0].invert) == ("consent", True)
    assert propose(["Email opt in"])[0].invert is False


def test_cells_speak_where_names_are_missing() -> None:
    rows = [["张伟", "zw@qq.com", "13800138000", "Acme GmbH"], ["李娜", "ln@qq.com", "13900139000", "Foo Ltd"]]
    found = propose(["", "", "", ""], *rows)
    assert [each.target_key for each in found] == ["full_name", "email", "phones", "company"]
    assert {each.why.code for each in found} == {"why_content"}
    assert max(each.confidence for each in found) <= 0.5


def test_cells_that_contradict_a_name_stop_the_proposal() -> None:
    found = propose(["Email", "Contact"], ["+49 30 1234567", "ann@x.de"], ["+49 30 7654321", "bob@x.de"])
    assert [each.target_key for each in found] == ["phones", "email"]


def test_own_names_of_custom_fields_and_slips_in_names_are_found() -> None:
    found = propose(["Shoe size", "鞋码", "Frist name", "Compnay"])
    assert [each.target_key for each in found[:1]] == ["shoe_size"]
    assert found[1].target_key is None
    assert (found[2].target_key, found[2].why.code) == ("given_name", "why_similar")


def test_columns_about_others_fill_nothing_of_the_row() -> None:
    found = propose(["Owner email", "Parent account", "Assistant", "Created by", "Manager"])
    assert [each.target_key for each in found] == ["owner", None, None, None, None]
    assert {each.why.code for each in found[1:]} == {"why_foreign"}


def test_given_and_family_names_make_the_whole_name_needless() -> None:
    found = propose(["Name", "First name", "Last name"], ["Ann Lee", "Ann", "Lee"])
    assert [each.target_key for each in found] == [None, "given_name", "family_name"]
    found = propose(["Name", "First name", "Last name"], ["Ann Lee", "", ""])
    assert found[0].target_key == "full_name"


def test_empty_and_unknown_columns_say_so() -> None:
    found = propose(["Xyzzy", "", "Phone"], ["something", "", ""])
    assert [each.why.code for each in found[:2]] == ["why_unknown", "why_empty"]


def test_what_cells_look_like() -> None:
    assert look_at(["ann@x.de", "", "bob@y.de"]).kind == "email"
    assert look_at(["13800138000", "13900139000"]).kind == "mobile"
    assert look_at(["+49 30 1234567", "13900139000"]).kind == "phone"
    assert look_at(["2024-01-02", "3.4.2025"]).kind == "date"
    assert look_at(["2024-01-02 10:00"]).kind == "datetime"
    assert look_at(["www.x.de", "y.com"]).kind == "url"
    assert look_at(["yes", "no"]).kind == "yes_no"
    assert look_at(["1,5", "2"]).kind == "number"
    assert look_at(["张伟", "欧阳娜娜"]).kind == "person"
    assert look_at(["Acme GmbH", "百度有限公司"]).kind == "company"
    assert look_at(["", ""]).is_empty
