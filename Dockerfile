# `headroom serve` in a container. UNTESTED: no machine of ours runs Docker; tell us what does not work.
#
#   docker build -t headroom .
#   docker run --rm -p 127.0.0.1:8080:8080 -e HEADROOM_CONTROL_TOKEN=choose-one headroom
#   docker run --rm -p 127.0.0.1:8080:8080 -e HEADROOM_CONTROL_TOKEN=choose-one headroom page-sync --clock manual
#
# Within a container it has to listen on all addresses, and so it wants a control token.
FROM rust:1-slim-bookworm AS build
WORKDIR /headroom
COPY . .
RUN cargo build --release --locked --bin headroom

FROM debian:bookworm-slim
RUN useradd --system --no-create-home headroom
COPY --from=build /headroom/target/release/headroom /usr/local/bin/headroom
USER headroom
EXPOSE 8080
# It takes signals itself, so SIGTERM finishes open requests.
ENTRYPOINT ["headroom", "serve", "--listen", "0.0.0.0"]
