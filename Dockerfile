# One compiled binary and a data folder. BASE needs glibc with libstdc++-free Bun's libraries (libc6), CA certificates
# and time zones; scripts/test-image.ts makes such a base from Debian packages alone.
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
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/distd", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/distd"]
