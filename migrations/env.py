"""Alembic's entry for both planes: `plane` is `control` or `tenant`; a connection is handed in, or SQL is rendered without one."""

from alembic import context

import saas.models  # noqa: F401  every table must be known before metadata is compared
from saas.tenants.planes import METADATA, PLANES

config = context.config
plane = config.attributes["plane"]
assert plane in PLANES

options = {
    "target_metadata": METADATA[plane],
    "version_table_schema": "control" if plane == "control" else None,
    "include_schemas": plane == "control",
    "include_name": lambda name, kind, parents: kind != "schema" or name == ("control" if plane == "control" else None),
    "include_object": lambda thing, name, kind, reflected, other: not (kind == "index" and name.startswith("cf_")),
    "compare_server_default": False,
}

if context.is_offline_mode():
    # With the driver's own style of parameters every % in a migration would be rendered twice.
    named = {"paramstyle": "named"}
    context.configure(dialect_name="postgresql", dialect_opts=named, literal_binds=True, transactional_ddl=False, **options)
    context.run_migrations()
else:
    context.configure(connection=config.attributes["connection"], **options)
    with context.begin_transaction():
        context.run_migrations()
