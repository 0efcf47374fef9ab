# docker build --tag archive-checker .
# docker run --rm --network none --volume "$PWD:/work:ro" archive-checker check app.tar
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# For the optional parts in C; without a compiler they are left out.
RUN if command -v apt-get >/dev/null; then \
        apt-get update --quiet \
        && apt-get install --quiet --yes --no-install-recommends gcc libc6-dev; \
    fi
COPY . /src
# Without pip in the result: it is a third of the size, and nothing is installed later. A first run
# leaves what lets the next ones start faster.
RUN python3 -m venv /opt/archive-checker \
    && /opt/archive-checker/bin/python -m pip install \
        --quiet --disable-pip-version-check --no-cache-dir /src \
    && /opt/archive-checker/bin/python -m pip uninstall --quiet --yes pip \
    && /opt/archive-checker/bin/python -m compileall -q /opt/archive-checker \
    && /opt/archive-checker/bin/python -m checker.testing docker-archive /tmp/app.tar \
    && /opt/archive-checker/bin/checker check /tmp/app.tar

FROM ${BASE}
LABEL org.opencontainers.image.title="archive-checker" \
    org.opencontainers.image.description="Checks container image archives" \
    org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/archive-checker /opt/archive-checker
ENV PATH=/opt/archive-checker/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["checker"]
CMD ["--help"]
