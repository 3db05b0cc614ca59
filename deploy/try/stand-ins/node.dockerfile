# Stands in for node:26: Node and npm as npm has them, on Debian, with git and a user `node`.
FROM drydock-stand-in/debian:12
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git libatomic1 libstdc++6 openssh-client >/dev/null \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && useradd --uid 1000 --create-home node
COPY node-linux-*/package/bin/node /usr/local/bin/node
COPY npm/package /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
# npm shall trust whom the machine trusts that built this.
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
