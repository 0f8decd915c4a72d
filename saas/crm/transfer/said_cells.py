"""The words about single cells: problems that must be solved or left out, and notes on what was mended."""

from __future__ import annotations

from collections.abc import Mapping

from saas.core.i18n import N_

CELL_TEXTS: Mapping[str, str] = {
    # Problems.
    "excel_error": N_("“%(text)s” is an error of the spreadsheet, not a value. Type the value or leave the cell empty."),
    "digits_lost": N_("The spreadsheet has shortened this number to “%(text)s”; its last digits are gone. Type it in full."),
    "turned_into_date": N_("The spreadsheet has turned this range into a date, “%(text)s”. Probably it was %(range)s."),
    "not_yes_no": N_("“%(text)s” is neither yes nor no."),
    "not_a_number": N_("“%(text)s” is not a number."),
    "number_range": N_("“%(text)s” is a range; one number is needed."),
    "not_a_date": N_("“%(text)s” is not a date. Write it as 2026-12-03."),
    "no_such_date": N_("There is no day “%(text)s” in the calendar."),
    "date_incomplete": N_("“%(text)s” is not a whole date: the day or the year is missing."),
    "ambiguous_date": N_("“%(text)s” can be read in two ways. Choose whether the day or the month comes first."),
    "other_date_order": N_("“%(text)s” does not fit the order of the other dates. Probably it is %(date)s."),
    "not_a_phone": N_("“%(text)s” is not a valid phone number."),
    "phone_too_long": N_("“%(text)s” has too many digits for one phone number."),
    "phone_without_country": N_("“%(text)s” has no country code. Choose the country of the numbers, or write them with +."),
    "not_an_email": N_("“%(text)s” is not an e-mail address."),
    "bad_email_among": N_("One of the e-mail addresses in “%(text)s” is not valid."),
    "not_a_url": N_("“%(text)s” is not a web address."),
    "unsafe_url": N_("“%(text)s” is not a web address that can be opened safely."),
    "several_people": N_("“%(text)s” names %(count)s people; a row holds one."),
    "not_a_name": N_("“%(text)s” is not a name."),
    # Notes: the cell is taken, this was mended or should be seen.
    "formula": N_("“%(text)s” looks like a formula. It is kept as plain text and is never calculated."),
    "unwrapped": N_("Taken as %(text)s, without what protected it in the spreadsheet."),
    "digits_doubtful": N_("“%(text)s” may be a number that the spreadsheet has shortened."),
    "exponent": N_("“%(text)s” was written out in full."),
    "decimal_dropped": N_("“%(text)s” was taken as a whole number."),
    "about": N_("“%(text)s” was taken as an exact number."),
    "empty_date": N_("“%(text)s” stands for no date; left empty."),
    "serial_date": N_("“%(text)s” is a spreadsheet's number for %(date)s."),
    "plus_added": N_("“%(text)s” was completed to %(number)s."),
    "zero_added": N_("“%(text)s” had lost its first zero and was completed to %(number)s."),
    "zero_restored": N_("“%(text)s” had lost its first zero and is %(whole)s again."),
    "email_mended": N_("“%(text)s” was taken as %(email)s."),
    "name_cut": N_("Only the name was taken from “%(text)s”."),
    "unknown_country": N_("No country is called “%(text)s”; the text is kept as it is."),
    # Why a column was brought together with a field, or was not.
    "why_preset": N_("%(system)s uses this name for it."),
    "why_header": N_("The column name says so."),
    "why_similar": N_("The column name is similar."),
    "why_content": N_("The cells look like it."),
    "why_foreign": N_("This column is about somebody else than the row itself."),
    "why_taken": N_("Another column already fills this field."),
    "why_noise": N_("%(system)s keeps this for itself; it is rarely useful elsewhere."),
    "why_empty": N_("The column is empty."),
    "why_unknown": N_("No field fits this name. Choose one or leave the column out."),
    "why_other_address": N_("A more complete address in this file is taken instead."),
}
