"""Out of office: who stands in for somebody, and for how long."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from approvals_app import absences, people
from approvals_app.models import Absence
from approvals_app.pages.request import SignedIn
from approvals_app.permissions import DECIDES
from playbooks_app import audit, clock
from playbooks_app.errors import NotAllowed, OutOfSight
from playbooks_app.models import User
from playbooks_app.permissions import may_manage_account, require


class AwayForm(forms.Form):
    """Whole days, in the zone of who says it; the last day is included."""

    deputy = forms.ModelChoiceField(User.objects.none(), error_messages={"required": "Choose who stands in."})
    since = forms.DateField(error_messages={"required": "From which day?", "invalid": "Write a date such as 2026-11-23."})
    until = forms.DateField(required=False, error_messages={"invalid": "Write a date such as 2026-11-27, or leave it empty."})
    note = forms.CharField(required=False, max_length=200)

    def __init__(self, person: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        account = person.account
        everybody = people.working_in(account.pk) if account else User.objects.none()
        choices = everybody.filter(memberships__role__in=DECIDES).exclude(pk=person.pk).distinct().order_by("first_name", "username")
        self.fields["deputy"].queryset = choices  # type: ignore[attr-defined]

    def clean(self) -> None:
        """The last day is not before the first."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first.")


@login_required
def away(request: SignedIn) -> HttpResponse:
    """`/approvals/away/`: say that one is away, and see or take back what was said; `?person=<id>` for admins, of somebody else."""
    person = _meant(request)
    form = AwayForm(person, request.POST if request.method == "POST" and "end" not in request.POST else None)
    if request.method == "POST" and _taken(request, form, person):
        return redirect(request.get_full_path())
    now = clock.now()
    standing = Absence.objects.filter(person=person, ended_at=None).exclude(until__lte=now).select_related("deputy", "made_by").order_by("since")
    at_present = absences.present(person.account.pk) if person.account else {}
    said = absences.words(at_present[person.pk], at_present) if person.pk in at_present else ""
    context = {"form": form, "standing": standing, "today": timezone.localtime(now).date(), "person": person, "said": said}
    return render(request, "approvals_app/away.html", context, status=422 if form.errors else 200)


def _meant(request: SignedIn) -> User:
    """Whose absence it is about. Raises OutOfSight for who is not of the account, NotAllowed for who is no admin."""
    wanted = request.GET.get("person", "")
    if not wanted or wanted == str(request.user.pk):
        return request.user
    account = request.user.account
    known = (
        people.working_in(account.pk) if account is not None and wanted.isascii() and wanted.isdigit() and len(wanted) < 16 else User.objects.none()
    )
    person = known.filter(pk=int(wanted) if wanted.isdigit() else 0).first()
    if person is None or account is None:
        raise OutOfSight("There is nobody like that in your account.")
    require(may_manage_account(request.user, account), "say that somebody else is away")
    return person


def _taken(request: SignedIn, form: AwayForm, person: User) -> bool:
    """Whether what was sent has been carried out."""
    if request.user.account is None:
        raise NotAllowed("You work in no account.")
    if request.POST.get("end", "").isdigit():
        _take_back(request, person)
        return True
    if not form.is_valid():
        return False
    given = form.cleaned_data
    made = Absence.objects.create(
        account=request.user.account,
        person=person,
        deputy=given["deputy"],
        since=_midnight(given["since"]),
        until=_midnight(given["until"] + timedelta(days=1)) if given["until"] else None,
        note=given["note"],
        made_by=request.user,
    )
    audit.note(request.user, "absence.set", made, new=_record_of(made))
    messages.success(request, f"{given['deputy'].display_name} stands in for {'you' if person == request.user else person.display_name}.")
    return True


def _take_back(request: SignedIn, person: User) -> None:
    open_ones = Absence.objects.filter(pk=int(request.POST["end"][:15]), person=person, account=request.user.account, ended_at=None)
    for absence in open_ones.select_related("person", "deputy"):
        absence.ended_at = clock.now()
        absence.save(update_fields=["ended_at"])
        audit.note(request.user, "absence.ended", absence, old=_record_of(absence))
    messages.success(request, f"Taken back: {'you are' if person == request.user else f'{person.display_name} is'} asked directly again.")


def _record_of(absence: Absence) -> dict[str, object]:
    until = absence.until.isoformat() if absence.until else None
    return {"person": absence.person.username, "deputy": absence.deputy.username, "since": absence.since.isoformat(), "until": until}


def _midnight(day: object) -> datetime:
    """The beginning of a day in the zone of who says it."""
    return timezone.make_aware(datetime.combine(day, time()))  # type: ignore[arg-type]
