/** A daemon that another has overtaken shows nothing of what it remembers. */
import { afterEach, expect, it } from 'vitest'
import { WorldError } from '../resources/index.ts'
import { call, startServer } from './testing/harness.ts'
import type { Harness } from './testing/harness.ts'

let harness: Harness | undefined
afterEach(async () => {
  await harness?.close()
})
const overtaken = () => Promise.reject(new WorldError('STORE_LOCKED', 'another has taken over', { retryable: false }))

it.each([
  '/api/v1/workflows/default',
  '/api/v1/workflows/default/wf',
  '/api/v1/workflows/default/wf/log',
  '/api/v1/workflow-events/default',
  '/api/v1/archived-workflows',
  '/api/v1/info',
])('GET %s is refused with 503 and a warning', async (path) => {
  harness = await startServer({}, { inCharge: overtaken })
  const answer = await call(`${harness.url}${path}`)
  expect(answer).toMatchObject({ status: 503, json: { code: 14, message: 'not available now (STORE_LOCKED)' } })
  expect(harness.log.filter(({ level }) => level !== 'debug' && level !== 'info')).toMatchObject([{ level: 'warn' }])
})

it('waits for who has to say so', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  harness = await startServer({}, { inCharge: () => promise })
  let isThere = false
  const answer = call(`${harness.url}/api/v1/workflows/default`).finally(() => (isThere = true))
  await call(`${harness.url}/healthz`)
  expect(isThere).toBe(false)
  resolve()
  expect((await answer).status).toBe(200)
})
