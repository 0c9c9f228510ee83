"""Addresses of second factors, single sign-on and sessions; allauth's names are where its own pages lead."""

from allauth.account.views import reauthenticate
from allauth.socialaccount.providers.openid_connect import urls as openid_connect
from allauth.socialaccount.providers.saml import urls as saml
from allauth.socialaccount.views import login_cancelled, login_error
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.generic import RedirectView, TemplateView

from playbooks_app.pages import accounts, security

to_security = login_required(RedirectView.as_view(pattern_name="security"))

urlpatterns = [
    path("accounts/login/", accounts.SignIn.as_view(), name="account_login"),  # by allauth's names: where its own pages lead
    path("accounts/logout/", auth.LogoutView.as_view(next_page="login"), name="account_logout"),
    path("accounts/inactive/", TemplateView.as_view(template_name="registration/inactive.html"), name="account_inactive"),
    path("accounts/confirm/", reauthenticate, name="account_reauthenticate"),
    path("accounts/second-factor/", to_security),  # where allauth leads when it is done
    path("accounts/second-factor/webauthn/", to_security),
    path("accounts/second-factor/", include("allauth.mfa.urls")),
    path("accounts/single-sign-on/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("accounts/single-sign-on/error/", login_error, name="socialaccount_login_error"),
    path("accounts/single-sign-on/", include(openid_connect)),
    path("accounts/single-sign-on/", include(saml)),
    path("profile/security/", security.security, name="security"),
    path("profile/security/sessions/end/", security.sessions_end, name="sessions_end"),
    path("profile/security/sessions/<int:pk>/end/", security.session_end, name="session_end"),
]
