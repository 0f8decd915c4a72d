"""Quick verbs on activities: log a call from anywhere, mark a task as done or not."""

from __future__ import annotations

from uuid import UUID

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.core.ids import parse_id
from saas.crm import registry
from saas.crm.activities import tasks
from saas.crm.objects import forms, linking, records
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.linking import SUBJECT, Said
from saas.web.exchange import Reply, Req
from saas.web.objects import composer
from saas.web.objects.composer import KINDS
from saas.web.objects.controls import Control, Source
from saas.web.objects.forms import page_of, undo_path
from saas.web.objects.linked import subject_control
from saas.web.objects.sheets import TARGET, own_path, sheet
from saas.web.routing import workspace


@workspace.get("/activities/log", right="activities:create")
def log_form(ctx: Context, req: Req) -> Reply:
    """Show the short form of a call; `?subject=contacts:<id>` says with whom."""
    subject = linking.subject_of(req.one(SUBJECT))
    label = _label(ctx, subject)
    control = _control(f"{subject[0]}:{subject[1]}" if subject and label else "", label)
    return _show(ctx, req, control, None)


@workspace.post("/activities/log", right="activities:create")
def log(ctx: Context, req: Req) -> Reply:
    """Keep the call and go back to where it was logged from, or to the customer."""
    said = linking.read_subject(ctx, req.form)
    subject = _found(said)
    try:
        if said.error:
            raise Invalid({SUBJECT: said.error})
        call = composer.write(ctx, KINDS["call"], subject, req.form)
    except Invalid as error:
        text = req.one(f"{SUBJECT}_text")
        control = _control(req.one(SUBJECT), text, said, error.fields.get(SUBJECT, ""))
        return _show(ctx, req, control, Source(form=forms.clean(req.form), errors=error.fields), status=422)
    if _stays(req):
        return Reply.empty().toast(_("Call logged"), undo_path(ctx)).trigger("sheet-close", {})
    back = f"/{subject[0].name}/{subject[1]}" if subject else page_of(ctx, registry.get("activities"), call)
    return Reply.redirect(own_path(req.one("next"), back)).toast(_("Call logged"), undo_path(ctx))


@workspace.post("/tasks/{id:str}/done", right="activities:read")
def done(ctx: Context, req: Req) -> Reply:
    """Mark an activity as done."""
    activity = tasks.finish(ctx, parse_id(req.params["id"]))
    back = own_path(req.one("next"), page_of(ctx, registry.get("activities"), activity))
    return Reply.redirect(back).toast(_("“%(name)s” is done", name=activity.title), undo_path(ctx))


@workspace.post("/tasks/{id:str}/undone", right="activities:read")
def undone(ctx: Context, req: Req) -> Reply:
    """Mark an activity as not done."""
    activity = tasks.reopen(ctx, parse_id(req.params["id"]))
    back = own_path(req.one("next"), page_of(ctx, registry.get("activities"), activity))
    return Reply.redirect(back).toast(_("“%(name)s” is open again", name=activity.title), undo_path(ctx))


def _found(said: Said) -> tuple[ObjectDef, UUID] | None:
    return (registry.get(said.subject[0]), said.subject[1]) if said.subject else None


def _label(ctx: Context, subject: tuple[str, UUID] | None) -> str:
    """Name a subject the member may read; empty for any other."""
    if subject is None:
        return ""
    obj = registry.get(subject[0])
    return obj.label_of(records.find(ctx, obj, subject[1]))


def _control(value: str, text: str, said: Said | None = None, error: str = "") -> Control:
    return subject_control(value, text, label=_("With"), error=error, offers=said.offers if said else ())


def _stays(req: Req) -> bool:
    """Tell whether the form lies over a list that is to stay as it is: nothing in it speaks of calls."""
    return req.htmx_target == TARGET and bool(req.one("stay"))


def _show(ctx: Context, req: Req, subject: Control, source: Source | None, status: int = 200) -> Reply:
    back = own_path(req.one("next"), "")
    value = linking.subject_of(subject.value)
    close_href = back or (f"/{value[0]}/{value[1]}" if value else "/today")
    box = composer.composer(ctx, "/activities", "call", source)
    stays = _stays(req)
    # Over a list the form is opened for one row after another: what was begun for one is not offered for the next.
    form_id = f"log-call-{value[1]}" if stays and value else "log-call-form"
    return sheet(
        ctx, req, "crm/log_call.html", status=status, title=_("Log a call"), close_href=close_href, subject=subject, box=box, next=back,
        stays=stays, form_id=form_id,
    )  # fmt: skip
