/** The settings, the manifest and the commands of docs/endpoints.md, with a second engine of the test's own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { makeCertificates } from '../certificates.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'
import { Guide } from '../guide.ts'

let guide: Guide
let far: OwnEngine | null = null

beforeAll(async () => {
  guide = await Guide.open('endpoints')
  const { folder, environment } = guide
  await mkdir(join(folder, 'drop'))
  const certs = await makeCertificates(join(folder, 'certs'))
  for (const name of ['cert', 'key'] as const)
    await writeFile(join(folder, 'certs', `${name}.pem`), await readFile(certs.client[name]))
  const [port, api, metrics] = [await freePort(), await freePort(), await freePort()]
  environment['DRYDOCK_SERVER_PORT'] = String(api)
  environment['DRYDOCK_METRICS_PORT'] = String(metrics)
  environment['DRYDOCK_URL'] = `http://127.0.0.1:${api}`
  environment['DRYDOCK_METRICS_URL'] = `http://127.0.0.1:${metrics}/metrics`
  const tls = [
    '--tlsverify',
    `--tlscacert=${certs.ca}`,
    `--tlscert=${certs.server.cert}`,
    `--tlskey=${certs.server.key}`,
  ]
  far = await ownEngine({ name: 'guide', options: [...tls, '--host', `tcp://127.0.0.1:${port}`] })
  for (const text of guide.blocksOf('yaml')) {
    const name = /^# (\S+)$/m.exec(text)?.[1] ?? ''
    await writeFile(join(folder, name), text.replace('tcp://build-2:2376', `tcp://localhost:${port}`))
  }
})
afterAll(async () => {
  await guide.down()
  await far?.remove()
  await guide.remove()
})

it('are fine, and say what the guide says', async () => {
  const shell = guide.blocksOf('sh')
  expect(shell).toHaveLength(5)
  const said: string[] = []
  for (const text of shell) {
    if (text.startsWith('drydock up')) await guide.up(text)
    else said.push(await guide.type(text))
  }
  const [doctor = '', where = '', away = '', drained = ''] = said
  expect(doctor).toMatch(/endpoint near: Docker Engine .* at unix:/)
  expect(doctor).toMatch(/endpoint far: Docker Engine .* at tcp:/)
  expect(where).toContain('carried over')
  expect(where.match(/"hostNodeName": "(near|far)"/g)?.sort()).toEqual([
    '"hostNodeName": "far"',
    '"hostNodeName": "near"',
  ])
  expect(away).toMatch(/^drydock_endpoint_up\{.*near.*\} 1$/m)
  expect(away).toMatch(/^drydock_endpoint_up\{.*far.*\} 1$/m)
  expect(drained).toMatch(/far.*\} 0/)
})
