# One image for web, worker, scheduler and the operator's commands; compose.yaml shows how they are run.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS node

# Style sheets, scripts and icons: node is needed here and nowhere later.
FROM ${PYTHON_IMAGE} AS assets
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY saas saas
RUN NODE=/usr/local/bin/node python -m saas.web.assets_build

# The locked environment, without what only development needs.
FROM ${PYTHON_IMAGE} AS environment
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
WORKDIR /app
COPY requirements.lock ./
RUN uv venv --python /usr/local/bin/python3 .venv \
    && uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode --no-cache requirements.lock

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin onebook \
    && install -d -o onebook -g onebook /data
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TZ=UTC \
    STORAGE_URL=file:///data WEB_WORKERS=2
COPY --from=environment /app/.venv .venv
COPY migrations migrations
COPY docs/guide docs/guide
COPY saas saas
COPY --from=assets /build/saas/web/static saas/web/static
RUN rm -rf saas/devstack && python -m compileall -q saas migrations
USER onebook
VOLUME /data
EXPOSE 8000
# Imports take some seconds on a small machine, hence the start period.
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "exec python -m granian --interface asgi --host 0.0.0.0 --port 8000 --workers $WEB_WORKERS saas.app:app"]
