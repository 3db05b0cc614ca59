/** HTTP requests, of a server that tells what it was asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ended, newHouse } from '../controller.fixtures/house.ts'
import type { House } from '../controller.fixtures/house.ts'
import { only, root } from './tasks.fixtures/workflow.ts'

let house: House
afterEach(() => house.close())

async function serving<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      if (request.url === '/missing') response.statusCode = 404
      if (request.url === '/moved') {
        response.statusCode = 302
        response.setHeader('Location', '/here')
      }
      response.setHeader('X-Seen', 'yes')
      response.end(`${request.method} ${request.url} ${request.headers['x-key'] ?? ''} ${body}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

describe('an http template', () => {
  it('sends headers from secrets and gives the body as its result', async () => {
    house = newHouse()
    const controller = await house.open()
    await controller.createObject('Secret', 'default', { metadata: { name: 's' }, stringData: { key: 'hidden' } })
    await serving(async (url) => {
      const headers = [{ name: 'X-Key', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } }]
      const condition = "response.statusCode == 200 && response.headers['X-Seen'][0] == 'yes'"
      await controller.createWorkflow(
        'default',
        only('wf', { http: { url: `${url}/moved`, headers, successCondition: condition } }),
      )
      const done = await ended(controller, 'wf')
      expect(done.status?.phase).toBe('Succeeded')
      expect(root(done)?.outputs?.result).toBe('GET /here hidden ')
    })
  })

  it.each([
    ['a status that is no success', '/missing', undefined, 'received non-2xx response code: 404'],
    ['a condition that does not hold', '/', 'false', "successCondition 'false' evaluated false"],
  ])('fails on %s', async (_what, path, successCondition, message) => {
    house = newHouse()
    const controller = await house.open()
    await serving(async (url) => {
      await controller.createWorkflow(
        'default',
        only('wf', { http: { url: url + path, ...(successCondition ? { successCondition } : {}) } }),
      )
      expect((await ended(controller, 'wf')).status).toMatchObject({ phase: 'Failed', message })
    })
  })

  it.each([
    ['http://127.0.0.1:1/x', 'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused'],
    ['example.com/x', 'Get "example.com/x": unsupported protocol scheme ""'],
    ['localhost:80/x', 'Get "localhost:80/x": unsupported protocol scheme "localhost"'],
    ['127.0.0.1:80/x', 'parse "127.0.0.1:80/x": first path segment in URL cannot contain colon'],
    ['://x', 'parse "://x": missing protocol scheme'],
  ])("fails with the words of Go's client at %s", async (url, message) => {
    house = newHouse()
    const controller = await house.open()
    await controller.createWorkflow('default', only('wf', { http: { url } }))
    expect((await ended(controller, 'wf')).status?.message).toBe(message)
  })

  it('has no result where its condition cannot be evaluated', async () => {
    house = newHouse()
    const controller = await house.open()
    await serving(async (url) => {
      await controller.createWorkflow('default', only('wf', { http: { url, successCondition: '1' } }))
      const done = await ended(controller, 'wf')
      expect(done.status?.message).toBe("unable to cast expression result '%!s(int=1)' to bool")
      expect(root(done)?.outputs).toBeUndefined()
    })
  })
})
