import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { EngineCalls } from './engine-calls.ts'
import { label } from './names.ts'
import { pauseImage } from './pause-image.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { sandboxBody, startSandbox } from './sandbox-body.ts'
import { findStrays, homeOf, removeStrays } from './strays.ts'
import { list, record, textOr } from './wire.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const engine = found.address
const calls = new EngineCalls(new EngineClient(engine))
const instances = ['gone', 'kept', 'busy', 'elsewhere'].map(
  (what) => `runtime-strays-${what}-${randomUUID().slice(0, 8)}`,
)
const [gone = '', kept = '', busy = '', elsewhere = ''] = instances
const dataDir = mkdtempSync(join(tmpdir(), 'drydock-strays-'))
const pod = { workflowUid: workflowUid(randomUUID()), workflowName: 'strays', namespace: 'default' }

afterAll(async () => {
  for (const instance of instances) for (const { id } of await calls.listOwn(instance)) await calls.remove(id)
  calls.client.close()
  rmSync(dataDir, { recursive: true, force: true })
})

it('finds only sandboxes of daemons of this machine whose directory has gone and of which nothing runs', async () => {
  const lost = homeOf(join(dataDir, 'lost'))
  await new DockerRuntime({ engine, instance: kept, dataDir }).list()
  for (const [instance, home] of [
    [gone, lost],
    [kept, homeOf(dataDir)],
    [busy, lost],
    [elsewhere, lost.replace(hostname(), 'another')],
  ] as const)
    await startSandbox(calls, `${instance}._net`, sandboxBody({ instance, home, network: 'default' }, pod))
  const labels = { [label.instance]: busy, [label.role]: 'main' }
  const main = await calls.create(`${busy}.main`, {
    Image: pauseImage,
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  })
  await calls.start(main ?? '')

  const ours = (await findStrays(engine)).filter(({ instance }) => instances.includes(instance))
  expect(ours.map(({ name }) => name)).toEqual([`${gone}._net`])
  await removeStrays(engine, ours)
  expect(await calls.listOwn(gone)).toEqual([])
  expect(await calls.listOwn(kept)).toHaveLength(1)
})

it('a workflow’s end takes away what a daemon that was killed was making for it or removing, and nothing of others', async () => {
  const instance = `runtime-strays-shared-${randomUUID().slice(0, 8)}`
  const other = { ...pod, workflowUid: workflowUid(randomUUID()) }
  const runtime = new DockerRuntime({ engine, instance, dataDir })
  const volumes = async () => {
    const query = { filters: JSON.stringify({ label: [`${label.instance}=${instance}`] }) }
    const found = record(await calls.client.json('listVolumes', 'GET', '/volumes', { query }))
    return list(found.Volumes).map((volume) => textOr(record(volume).Name, ''))
  }
  try {
    await runtime.list()
    for (const of of [pod, other]) {
      const labels = { [label.instance]: instance, [label.workflowUid]: of.workflowUid }
      await calls.client.call('createVolume', 'POST', '/volumes/create', {
        body: { Name: `${instance}.${of.workflowUid}.scratch`, Labels: labels },
      })
      await calls.create(
        `${instance}.${of.workflowUid}._net`,
        sandboxBody({ instance, home: 'elsewhere:/data', network: 'default' }, of),
      )
    }
    await runtime.forget(pod.workflowUid)
    const left = (await calls.listOwn(instance)).map(({ labels }) => labels[label.workflowUid])
    expect(left).toEqual([other.workflowUid])
    expect(await volumes()).toEqual([`${instance}.${other.workflowUid}.scratch`])
  } finally {
    await runtime.close()
    for (const { id } of await calls.listOwn(instance)) await calls.remove(id)
    for (const name of await volumes()) await calls.removeVolume(name)
  }
})
