"""Imports every module that declares tables, so that metadata is complete wherever migrations are rendered or compared."""

from saas.auth import audit, identities, members
from saas.crm import registry
from saas.tenants import models, outbox

__all__ = ["audit", "identities", "members", "models", "outbox", "registry"]
