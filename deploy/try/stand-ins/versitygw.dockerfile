# Stands in for versity/versitygw: the same program, built from its module.
FROM drydock-stand-in/debian:12
COPY versitygw /usr/local/bin/versitygw
ENTRYPOINT ["versitygw"]
