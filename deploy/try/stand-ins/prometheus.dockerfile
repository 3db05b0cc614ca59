# Stands in for prom/prometheus: Debian's, called the same way.
FROM drydock-stand-in/debian:12
RUN apt-get update -qq && cd /tmp && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb /tmp/prometheus \
  && cp /tmp/prometheus/usr/bin/prometheus /tmp/prometheus/usr/bin/promtool /usr/local/bin/ \
  && rm -rf /tmp/* /var/lib/apt/lists/* /var/cache/apt/* && mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534:65534
WORKDIR /prometheus
ENTRYPOINT ["prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
