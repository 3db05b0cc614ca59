import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workflowUid } from '../../resources/index.ts'
import { EngineClient } from './client.ts'
import { findEngine } from './connection.ts'
import { EngineCalls } from './engine-calls.ts'
import { ensurePauseImage } from './pause-image.ts'
import { sandboxBody, startSandbox } from './sandbox-body.ts'
import { record, textOr } from './wire.ts'

const found = await findEngine()
if (!found.found) throw new Error(found.message)
const calls = new EngineCalls(new EngineClient(found.address))
const network = `runtime-network-${randomUUID().slice(0, 8)}`
const pod = { workflowUid: workflowUid(randomUUID()), workflowName: 'network', namespace: 'default' }

beforeAll(async () => {
  await ensurePauseImage(calls.client)
  await calls.client.call('createNetwork', 'POST', '/networks/create', { body: { Name: network } })
})
afterAll(async () => {
  for (const { id } of await calls.listOwn(network)) await calls.remove(id)
  await calls.client.call('removeNetwork', 'DELETE', `/networks/${network}`)
  calls.client.close()
})

it('gives pods an address in the network of the settings', async () => {
  const { id, ip } = await startSandbox(
    calls,
    `${network}._net`,
    sandboxBody({ instance: network, home: '', network }, pod),
  )
  const inspected = record(await calls.client.json('inspectNetwork', 'GET', `/networks/${network}`))
  const member = record(record(inspected.Containers)[id])
  expect(ip).not.toBeNull()
  expect(textOr(member.IPv4Address, '').split('/')[0]).toBe(ip)
})
