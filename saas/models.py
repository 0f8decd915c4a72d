"""Imports every module that declares tables, so that metadata is complete wherever migrations are rendered or compared."""

from saas.auth import audit, identities, members, volumes
from saas.auth.factors import models as factors
from saas.auth.sso import tables as sso_tables
from saas.crm import registry
from saas.tenants import models, outbox

__all__ = ["audit", "factors", "identities", "members", "models", "outbox", "registry", "sso_tables", "volumes"]
