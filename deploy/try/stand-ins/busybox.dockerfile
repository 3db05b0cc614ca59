# Stands in for busybox: Debian's static one.
FROM drydock-stand-in/debian:12 AS package
RUN apt-get update -qq && cd /tmp && apt-get download -qq busybox-static && dpkg-deb -x busybox-static_*.deb /tmp/busybox \
  && mkdir -p /root-of/bin /root-of/tmp /root-of/etc && cp "$(find /tmp/busybox -name busybox -type f -perm -1 | grep bin/ | head -1)" /root-of/bin/busybox \
  && chmod 1777 /root-of/tmp && echo 'root:x:0:0:root:/:/bin/sh' >/root-of/etc/passwd
FROM scratch
COPY --from=package /root-of /
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/bin
CMD ["sh"]
