"""Settings of step types: declare them (`setting`), read what a document says (`check_settings`), make the Config of a run (`build`)."""

from playbooks_app.language.setting_build import build
from playbooks_app.language.setting_check import check_settings
from playbooks_app.language.setting_fields import Field, Kind, NoSettings, fields_of, setting

__all__ = ["Field", "Kind", "NoSettings", "build", "check_settings", "fields_of", "setting"]
