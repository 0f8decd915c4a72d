"""Sentences about a row of an import as a whole, and about values that a field cannot take."""

from __future__ import annotations

from collections.abc import Mapping

from saas.core.i18n import N_

ROW_TEXTS: Mapping[str, str] = {
    # Rows that are left out.
    "no_name": N_("The row has no name. Type one, or it is left out."),
    "exists": N_("Already in the book as %(code)s; the row was left out."),
    "twice_in_file": N_("Another row of the file has %(key)s too; this one was left out."),
    "not_in_book": N_("Nothing in the book has this key, so there was nothing to update."),
    "hidden": N_("Already in the book, kept by %(department)s. Ask them for access; the row was left out."),
    "not_editable": N_("You may read %(code)s but not change it; the row was left out."),
    "refused_by_book": N_("The book could not take this row; it was left out."),
    # A run as a whole.
    "file_gone": N_("The file is not there any more. Upload it again."),
    "not_allowed_now": N_(
        "Whoever started this import has left, or may not import any more. What has come in stays; an admin can take it back."
    ),
    # Rows that come in, with something to know.
    "several": N_("Several records have this key; %(code)s was taken."),
    "unknown_owner": N_("%(name)s is nobody in this workspace; you become the owner."),
    "may_not_assign": N_("You may not give records to %(name)s; you become the owner."),
    "link_not_made": N_("%(name)s is not in the book, and your role does not let you add it; the name is kept beside the record."),
    "link_not_found": N_("%(name)s could not be found in the book; the text is kept beside the record."),
    "too_many_tags": N_("An import may make up to %(limit)s new tags; this one was left out."),
    # Cells that have no place in their field.
    "not_a_choice": N_("“%(text)s” is none of the field's choices. Choose what it means, or it is kept beside the record."),
    "too_long": N_("Longer than %(limit)s characters: shortened. The whole text is kept beside the record."),
    "too_many_values": N_("More than %(limit)s of them; the rest is kept beside the record."),
    "tag_too_long": N_("A tag has up to %(limit)s characters; the text is kept beside the record."),
    "number_too_large": N_("The number is outside of what the field takes; it is kept beside the record."),
    "number_rounded": N_("The field takes whole numbers: rounded. The number is kept beside the record."),
}

# The same without the figures of one row, for many rows at once.
GROUP_TEXTS: Mapping[str, str] = {
    "no_name": N_("The rows have no name; they are left out."),
    "exists": N_("Already in the book; the rows are left out."),
    "twice_in_file": N_("Another row of the file is the same; these are left out."),
    "not_in_book": N_("Nothing in the book has their key; there is nothing to update."),
    "hidden": N_("Already in the book, but not yours to see; the rows are left out."),
    "not_editable": N_("You may read these records but not change them; the rows are left out."),
    "refused_by_book": N_("The book could not take these rows; they are left out."),
    "several": N_("Several records have the same key; the first is taken."),
    "unknown_owner": N_("Owners whom nobody here is; you become the owner."),
    "may_not_assign": N_("Owners to whom you may not give records; you become the owner."),
    "link_not_made": N_("Companies that are not in the book and that your role does not let you add."),
    "link_not_found": N_("Records that could not be found in the book."),
    "too_many_tags": N_("Too many new tags; the rest is left out."),
    "not_a_choice": N_("None of the field's choices."),
    "too_long": N_("Texts that were too long and are shortened."),
    "too_many_values": N_("Too many values for one field."),
    "tag_too_long": N_("Texts that are too long for a tag."),
    "number_too_large": N_("Numbers outside of what the field takes."),
    "number_rounded": N_("Numbers that are rounded."),
    "excel_error": N_("Errors of the spreadsheet instead of values."),
    "digits_lost": N_("Numbers whose last digits the spreadsheet has taken away."),
    "turned_into_date": N_("Ranges that the spreadsheet has turned into dates."),
    "not_yes_no": N_("Neither yes nor no."),
    "not_a_number": N_("Not a number."),
    "number_range": N_("A range where one number is needed."),
    "not_a_date": N_("Not a date."),
    "no_such_date": N_("Days that are not in the calendar."),
    "date_incomplete": N_("Dates without a day or a year."),
    "ambiguous_date": N_("Dates that can be read in two ways. Choose the order of dates under “What goes where”."),
    "other_date_order": N_("Dates that do not fit the order of the others."),
    "not_a_phone": N_("Not a valid phone number."),
    "phone_too_long": N_("Too many digits for one phone number."),
    "phone_without_country": N_("Phone numbers without a country code."),
    "not_an_email": N_("Not an e-mail address."),
    "bad_email_among": N_("One of several e-mail addresses is not valid."),
    "not_a_url": N_("Not a web address."),
    "unsafe_url": N_("Web addresses that cannot be opened safely."),
    "several_people": N_("Several people in one cell; a row holds one."),
    "not_a_name": N_("Not a name."),
    "formula": N_("Texts that look like formulas. They are kept as plain text and never calculated."),
    "unwrapped": N_("Taken without what protected them in the spreadsheet."),
    "digits_doubtful": N_("Numbers that the spreadsheet may have shortened."),
    "exponent": N_("Numbers that were written out in full."),
    "decimal_dropped": N_("Taken as whole numbers."),
    "about": N_("Taken as exact numbers."),
    "empty_date": N_("Stands for no date; left empty."),
    "serial_date": N_("A spreadsheet's numbers for dates."),
    "plus_added": N_("Phone numbers that were completed."),
    "zero_added": N_("Phone numbers that had lost their first zero."),
    "zero_restored": N_("Numbers that had lost their first zero and have it again."),
    "email_mended": N_("E-mail addresses that were mended."),
    "name_cut": N_("Only the name was taken."),
}
