# docker build -t active-active .
# docker run --rm -v "$PWD:/work" active-active sweep mine.toml
FROM rust:1-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist

FROM debian:bookworm-slim
COPY --from=build /source/target/dist/active-active /usr/local/bin/
# Files that it writes belong to who starts it: docker run --user "$(id -u):$(id -g)" …
WORKDIR /work
ENTRYPOINT ["active-active"]
