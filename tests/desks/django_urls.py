"""The addresses of the django-helpdesk under test; its letters name them."""

from django.urls import include, path

urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
