import { afterEach, describe, expect, it } from 'vitest'
import type { HealthReport, LogLevelControl } from './index.ts'
import { call, startServer, tokenFile } from './testing/harness.ts'
import type { Harness } from './testing/harness.ts'

let harness: Harness | undefined
afterEach(async () => {
  await harness?.close()
})

describe('health', () => {
  it.each<[string, Omit<HealthReport, 'parts'>, number, number]>([
    ['all is well', { alive: true, ready: true, reasons: [] }, 200, 200],
    ['the engine is away', { alive: true, ready: false, reasons: ['away'] }, 200, 503],
    ['the loop stands still', { alive: false, ready: false, reasons: ['stuck'] }, 503, 503],
  ])('answers as JSON, without a token, when %s', async (_when, report, healthz, readyz) => {
    const parts = { engine: { ok: false, detail: 'away' } }
    harness = await startServer(
      { tokenFile: tokenFile('s3cret-token') },
      { health: async () => ({ ...report, parts }) },
    )
    expect(await call(`${harness.url}/healthz`)).toMatchObject({
      status: healthz,
      json: { alive: report.alive, parts },
    })
    expect(await call(`${harness.url}/readyz`)).toMatchObject({
      status: readyz,
      json: { ready: report.ready, reasons: report.reasons, parts },
    })
  })
})

describe('/api/v1/log-level', () => {
  const control = () => {
    const changes: object[] = []
    const logLevels: LogLevelControl = {
      levels: () => ({ level: 'info', components: {} }),
      set: (change) => {
        changes.push(change)
        return change.level === 'loud' ? 'unknown level loud' : null
      },
      reset: () => changes.push({ reset: true }),
    }
    return { changes, logLevels }
  }

  it('reads, changes and resets levels', async () => {
    const { changes, logLevels } = control()
    harness = await startServer({}, { logLevels })
    const url = `${harness.url}/api/v1/log-level`
    expect(await call(url)).toMatchObject({ status: 200, json: { level: 'info', components: {} } })
    expect((await call(url, { method: 'PUT', body: { level: 'debug' } })).status).toBe(200)
    expect((await call(url, { method: 'PUT', body: { level: 'debug', component: 'docker' } })).status).toBe(200)
    expect((await call(url, { method: 'PUT', body: { component: 'docker' } })).status).toBe(200)
    expect((await call(url, { method: 'DELETE' })).status).toBe(200)
    expect(changes).toEqual([
      { level: 'debug' },
      { level: 'debug', component: 'docker' },
      { level: '', component: 'docker' },
      { reset: true },
    ])
  })

  it.each([
    [{}, /level is required/],
    [{ level: 'loud' }, /unknown level loud/],
    [{ level: 3 }, /level/],
  ])('refuses %j', async (body, words) => {
    harness = await startServer({}, control())
    const { status, text } = await call(`${harness.url}/api/v1/log-level`, { method: 'PUT', body })
    expect([status, text]).toEqual([400, expect.stringMatching(words)])
  })

  it('needs the token', async () => {
    const { changes, logLevels } = control()
    harness = await startServer({ tokenFile: tokenFile('s3cret-token') }, { logLevels })
    const url = `${harness.url}/api/v1/log-level`
    const put = { method: 'PUT', body: { level: 'debug' } }
    expect((await call(url, put)).status).toBe(401)
    expect((await call(url, { ...put, headers: { authorization: 'Bearer wrong-token' } })).status).toBe(401)
    expect(changes).toEqual([])
    expect((await call(url, { ...put, headers: { authorization: 'Bearer s3cret-token' } })).status).toBe(200)
  })
})
