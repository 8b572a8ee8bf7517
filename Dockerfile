# One compiled binary and a data folder: `npm run build` first. BASE needs glibc and nothing else, no shell either: distd
# connects to nobody and tells all times in UTC. scripts/test-image.ts makes such a base, with CA certificates and time
# zones, from three Debian packages.
ARG BASE=debian:12-slim
FROM ${BASE}
LABEL org.opencontainers.image.title="distd" \
      org.opencontainers.image.description="A private app store and release registry" \
      org.opencontainers.image.licenses="MIT"
COPY --chmod=0755 build/distd /usr/local/bin/distd
# Owned by the user that runs it, so that a new volume mounted here is too.
COPY --chown=10001:10001 --chmod=0700 build/image/data /data
# BUN_OPTIONS and BUN_BE_BUN would turn the binary into something else.
ENV DISTD_DATA=/data \
    DISTD_LISTEN=0.0.0.0:8080 \
    BUN_OPTIONS= \
    BUN_BE_BUN=
USER 10001:10001
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/distd"]
