# docker build --build-arg COMMIT="$(git rev-parse --short HEAD)" -t minifeed .
FROM oven/bun:1.4.5 AS build
WORKDIR /build
# Before the sources: a change of theirs then does not install everything again.
COPY package.json bun.lock ./
RUN bun install --production --frozen-lockfile
COPY . .
# There is no .git here to read it from.
ARG COMMIT=""
RUN bun run build
# The final image: the executable, its folder, and the libraries that it and the argon2 library in it are linked to, where
# the loader looks for them.
# A named volume takes over owner and mode of the folder that it is mounted on when it is new. Anybody may write to this
# one, for nobody knows yet which user the container will run as; what the program makes in it is for its owner only.
RUN for file in dist/minifeed node_modules/@node-rs/argon2-*/*.node; do ldd "$file" || exit 1; done > libraries \
	&& ! grep 'not found' libraries \
	&& grep -o '/[^ ]*' libraries | sort -u > paths \
	&& mkdir /image \
	&& xargs -a paths cp --dereference --parents --target-directory /image \
	&& cp dist/minifeed LICENSE /image \
	&& mkdir -m 1777 /image/data

FROM scratch
COPY --from=build /image /
# Any other will do: `docker run --user 1000:1000`.
USER 65532:65532
# Inside a container 127.0.0.1 cannot be reached from outside.
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
# The start period is for a migration of a large database.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["/minifeed", "healthcheck"]
ENTRYPOINT ["/minifeed"]
ARG COMMIT=""
LABEL org.opencontainers.image.title="minifeed" \
	org.opencontainers.image.description="The API of a small social network" \
	org.opencontainers.image.licenses="MIT" \
	org.opencontainers.image.revision="$COMMIT"
