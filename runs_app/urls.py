"""Pages of runs."""

from django.urls import path, re_path

from runs_app.pages import first_steps, gallery, home, notifications, run, runs, schedules, sharing, start, system, trials, webhooks

urlpatterns = [
    path("metrics", system.metrics, name="metrics"),
    path("system/", system.system_page, name="system"),
    path("system/mails/<int:pk>/send-again/", system.mail_resend, name="mail_resend"),
    path("", home.home, name="home"),
    path("first-steps/", first_steps.put_away, name="first_steps"),
    path("runs/", runs.run_list, name="runs"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("runs/<int:run_id>/", run.run_page, name="run"),
    path("runs/<int:run_id>/share/", sharing.run_share, name="run_share"),
    path("runs/<int:run_id>/follow/", notifications.follow, name="run_follow"),
    re_path(r"^runs/(?P<run_id>\d+)/(?P<deed>pause|resume|retry|cancel|archive)/$", run.steer, name="run_deed"),
    path("runs/<int:run_id>/replay/", trials.replay, name="run_replay"),
    path("runs/<int:run_id>/compare/", trials.compare, name="run_compare"),
    re_path(r"^runs/(?P<run_id>\d+)/steps/(?P<path>.+)/(?P<deed>fork|rerun)/$", trials.copy_from_step, name="run_copy"),
    path("gallery/<slug:slug>/run/", gallery.gallery_run, name="gallery_run"),
    re_path(r"^runs/(?P<run_id>\d+)/steps/(?P<path>.+)/(?P<deed>retry|skip|wake|resolve)/$", run.repair, name="step_deed"),
    path("settings/connections/<int:pk>/test/", webhooks.connection_test, name="connection_test"),
    path("settings/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("settings/webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("settings/webhooks/<int:pk>/", webhooks.webhook_page, name="webhook"),
    re_path(r"^settings/webhooks/(?P<pk>\d{1,15})/(?P<deed>rotate|test|delete)/$", webhooks.webhook_deed, name="webhook_deed"),
    path("settings/webhooks/<int:pk>/deliveries/<int:delivery>/again/", webhooks.delivery_again, name="delivery_again"),
    path("playbooks/<int:playbook_id>/schedules/", schedules.schedule_list, name="playbook_schedules"),
    path("schedules/next/", schedules.schedule_next, name="schedule_next"),
    path("schedules/<int:pk>/", schedules.schedule_page, name="schedule"),
    path("schedules/<int:pk>/remove/", schedules.schedule_remove, name="schedule_remove"),
    re_path(r"^runs/(?P<run_id>\d+)/steps/(?P<path>.+)/override/$", run.override, name="step_override"),
    path("playbooks/<int:playbook_id>/start/", start.start_page, name="playbook_start"),
    path("playbooks/<int:playbook_id>/start/check/", start.start_check, name="playbook_start_check"),
]
