// Asks the socket proxy what it must refuse. Arguments: its URL, the daemon's instance, a container that is not the daemon's.
const [url, instance, other] = process.argv.slice(2)
const labels = { 'io.drydock.instance': instance }
const create = (HostConfig, Labels = labels) => [
  'POST',
  '/v1.41/containers/create',
  { Image: 'busybox', Labels, HostConfig },
]
const forbidden = [
  ['POST', '/v1.41/build'],
  ['GET', '/v1.41/secrets'],
  ['POST', '/v1.41/swarm/init', {}],
  ['POST', '/v1.41/networks/create', { Name: 'x' }],
  ['POST', '/v1.41/images/load'],
  ['POST', '/v1.41/containers/prune'],
  create({ Privileged: true }),
  create({ Binds: ['/:/host'] }),
  create({ NetworkMode: 'host' }),
  create({ NetworkMode: `container:${other}` }),
  create({ Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/s' }] }),
  create({}, {}),
  ['GET', `/v1.41/containers/${other}/json`],
  ['GET', `/v1.41/containers/${other}/archive?path=/run/secrets`],
  ['POST', `/v1.41/containers/${other}/kill`],
  ['POST', `/v1.41/containers/${other}/exec`, { Cmd: ['id'] }],
  ['DELETE', `/v1.41/containers/${other}?force=true`],
]
let wrong = 0
for (const [method, path, body] of forbidden) {
  const response = await fetch(url + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  })
  if (response.status === 403) continue
  wrong += 1
  console.log(`${method} ${path} ${JSON.stringify(body ?? '')}: ${response.status}, not 403`)
}
const ping = await fetch(`${url}/_ping`)
if (ping.status !== 200) wrong += 1
console.log(`: ${forbidden.length - wrong} of ${forbidden.length} forbidden calls were refused`)
process.exit(wrong === 0 ? 0 : 1)
