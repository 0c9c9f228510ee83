"""Pages of people and playbooks. Starting is a deed of the machine: its address belongs to the app above."""

from django.contrib.auth import views as auth
from django.urls import include, path

from playbooks_app.pages import accounts, audit, builder, calendars, drawing_new, gallery, jump, people, playbook, playbooks, sharing, tagging

urlpatterns = [
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(next_page="login"), name="logout"),
    path("accounts/password_reset/", accounts.ForgottenPassword.as_view(), name="password_reset"),
    path("accounts/password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("accounts/reset/<uidb64>/<token>/", accounts.ChosenPassword.as_view(), name="password_reset_confirm"),
    path("accounts/reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("", include("playbooks_app.entrance.urls")),
    path("profile/", accounts.profile, name="profile"),
    path("profile/token/", accounts.token_make, name="token_make"),
    path("jump/", jump.jump, name="jump"),
    path("settings/audit/", audit.audit_page, name="audit"),
    path("settings/people/", people.people_page, name="people"),
    path("settings/people/<int:pk>/", people.person_edit, name="person_edit"),
    path("settings/calendars/", calendars.calendar_list, name="calendars"),
    path("settings/calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("settings/calendars/<int:pk>/", calendars.calendar_page, name="calendar"),
    path("settings/calendars/<int:pk>/drop/", calendars.calendar_drop, name="calendar_drop"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/<slug:slug>/", gallery.gallery_entry, name="gallery_entry"),
    path("gallery/<slug:slug>/use/", gallery.gallery_use, name="gallery_use"),
    path("playbooks/", playbooks.playbook_list, name="playbooks"),
    path("playbooks/new/", drawing_new.playbook_new, name="playbook_new"),
    path("playbooks/import/", drawing_new.playbook_import, name="playbook_import"),
    path("playbooks/<int:pk>/", playbook.playbook_page, name="playbook"),
    path("playbooks/<int:playbook_id>/edit/", builder.builder, name="playbook_edit"),
    path("playbooks/<int:pk>/share/", sharing.playbook_share, name="playbook_share"),
    path("playbooks/<int:pk>/hand-over/", sharing.playbook_hand_over, name="playbook_hand_over"),
    path("playbooks/<int:pk>/tags/", tagging.playbook_tags, name="playbook_tags"),
    path("playbooks/<int:pk>/publish/", playbook.playbook_publish, name="playbook_publish"),
    path("playbooks/<int:pk>/archive/", playbook.playbook_archive, name="playbook_archive"),
    path("playbooks/<int:pk>/export/", playbook.playbook_export, name="playbook_export"),
    path("playbooks/<int:pk>/versions/", playbook.playbook_versions, name="playbook_versions"),
    path("playbooks/<int:pk>/versions/<int:number>/deprecate/", playbook.version_deprecate, name="version_deprecate"),
    path("playbooks/<int:pk>/versions/<int:old>/<int:new>/", playbook.playbook_compare, name="playbook_compare"),
]
