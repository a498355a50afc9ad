"""djangorestframework-simplejwt. Arguments: `rotate` (with the blacklist app) or none."""

import datetime
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from serve import serve

ROTATES = "rotate" in sys.argv

settings.configure(
    SECRET_KEY="a secret that is long enough for a test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "corsheaders",
        *(["rest_framework_simplejwt.token_blacklist"] if ROTATES else []),
    ],
    MIDDLEWARE=["corsheaders.middleware.CorsMiddleware"],
    CORS_ALLOW_ALL_ORIGINS=True,
    LOGGING_CONFIG=None,
    USE_TZ=True,
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT={
        "ACCESS_TOKEN_LIFETIME": datetime.timedelta(minutes=5),
        "REFRESH_TOKEN_LIFETIME": datetime.timedelta(days=1),
        "ROTATE_REFRESH_TOKENS": ROTATES,
        "BLACKLIST_AFTER_ROTATION": ROTATES,
    },
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.permissions import BasePermission  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.views import (  # noqa: E402
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
)


@api_view(["GET"])
def whoami(request):
    return Response({"username": request.user.username})


class IsStaff(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_staff


class StaffOnly(APIView):
    permission_classes = [IsStaff]

    def get(self, request):
        return Response({})


@api_view(["POST"])
def leave(request):
    """The account goes or is closed, the tokens stay."""
    if "closed" in request.query_params:
        request.user.is_active = False
        request.user.save()
    else:
        request.user.delete()
    return Response(status=204)


urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    *([path("api/token/blacklist/", TokenBlacklistView.as_view())] if ROTATES else []),
    path("api/whoami/", whoami),
    path("api/staff/", StaffOnly.as_view()),
    path("api/leave/", leave),
]

call_command("migrate", verbosity=0)
for name in ["ada", "grace", "edith"]:
    User.objects.create_user(name, password="pw")

serve(get_wsgi_application())
