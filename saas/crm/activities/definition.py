"""Activities, declared."""

from __future__ import annotations

from datetime import timedelta

from saas.auth.context import Context
from saas.core.i18n import L_, _
from saas.crm.activities.model import Activity
from saas.crm.objects.common import GROUP_RECORD, record_fields
from saas.crm.objects.date_fields import DateTime, has_time
from saas.crm.objects.definition import ObjectDef, Preset, Rule
from saas.crm.objects.fields import Choice, LongText, Option, Text
from saas.crm.objects.rich_fields import People


def derive(activity: Activity) -> None:
    """Keep the one moment by which a timeline orders tasks, calls and meetings alike."""
    activity.happened_at = activity.done_at or activity.due_at or activity.created_at


def ends_too_early(ctx: Context, activity: Activity) -> str:
    """Say that a meeting would end before it begins. An end without a time of day means the whole of that day."""
    begin, end = activity.due_at, activity.ends_at
    if activity.kind != "meeting" or begin is None or end is None:
        return ""
    last = end if has_time(end, ctx) else end + timedelta(days=1)
    return _("A meeting cannot end before it begins. Change when it begins or when it ends.") if last < begin else ""


def unused(activity: Activity) -> frozenset[str]:
    """Name the fields that an activity of its kind does without: a task has no place, a call no end."""
    return UNUSED.get(activity.kind, frozenset())


UNUSED = {
    "task": frozenset(("ends_at", "direction", "outcome", "place", "participants")),
    "call": frozenset(("ends_at", "priority", "place")),
    "meeting": frozenset(("priority", "direction", "outcome")),
}
KINDS = (
    Option("task", L_("Task"), "blue"),
    Option("call", L_("Call"), "green"),
    Option("meeting", L_("Meeting"), "amber"),
)
PRIORITIES = (Option("high", L_("High"), "red"), Option("normal", L_("Normal")), Option("low", L_("Low")))
DIRECTIONS = (Option("out", L_("We called")), Option("in", L_("They called")))
OUTCOMES = (
    Option("reached", L_("Reached"), "green"),
    Option("no_answer", L_("No answer"), "amber"),
    Option("left_message", L_("Left a message"), "amber"),
    Option("call_back", L_("Wants a call back"), "blue"),
    Option("wrong_number", L_("Wrong number"), "red"),
)

ACTIVITIES = ObjectDef(
    name="activities",
    prefix="ACT",
    singular=L_("Activity"),
    plural=L_("Activities"),
    icon="calendar-check",
    model=Activity,
    label_field="title",
    telling=("kind", "due_at", "ends_at", "done_at", "happened_at"),
    parent=("subject_object", "subject_id"),
    open_to="participants",
    customer="customer_id",
    timeline="happened_at",
    derive=derive,
    rules=(Rule(fields=("ends_at", "due_at", "kind"), broken=ends_too_early),),
    groups=(("main", L_("Activity")), GROUP_RECORD),
    fields=(
        Choice(name="kind", label=L_("Kind"), options=KINDS, required=True),
        Text(name="title", label=L_("What"), required=True, is_sortable=True),
        DateTime(name="due_at", label=L_("Due"), is_sortable=True),
        DateTime(name="ends_at", label=L_("Ends"), follows="due_at"),
        DateTime(name="happened_at", label=L_("When"), is_sortable=True, is_editable=False),
        DateTime(name="done_at", label=L_("Done"), is_editable=False),
        Choice(name="priority", label=L_("Priority"), options=PRIORITIES),
        Choice(name="direction", label=L_("Direction"), options=DIRECTIONS),
        Choice(name="outcome", label=L_("Outcome"), options=OUTCOMES),
        Text(name="place", label=L_("Place")),
        People(name="participants", label=L_("Participants")),
        LongText(name="description", label=L_("Details")),
        *record_fields(),
    ),
    searched={"names": ("title",), "codes": ("code",)},
    default_columns=("title", "kind", "due_at", "done_at", "priority", "owner_id"),
    default_sort="-happened_at",
    facts=("kind",),
    unused=unused,
    presets=(
        Preset(label=L_("All")),
        Preset(label=L_("My open ones"), filters=(("owner_id", "any", ("me",)), ("done_at", "empty", ())), sort="due_at"),
        Preset(label=L_("To do"), filters=(("done_at", "empty", ()),), sort="due_at"),
        Preset(label=L_("Done"), filters=(("done_at", "filled", ()),)),
    ),
)
