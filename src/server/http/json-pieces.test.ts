import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, expect, it } from 'vitest'
import { isLarge, jsonPieces, sendJson } from './json-pieces.ts'

const nodes = Object.fromEntries(
  Array.from({ length: 1_234 }, (_, index) => [
    `w-${index}`,
    { id: `w-${index}`, name: `ä "${index}"`, message: undefined },
  ]),
)
const workflow = (own: object) => ({
  metadata: { name: 'w', labels: undefined },
  spec: { templates: [{ name: 'main' }] },
  status: { phase: 'Running', finishedAt: null, message: undefined, conditions: [], nodes: own },
})

let close = () => {}
afterEach(() => close())

it.each([
  ['a workflow with many nodes', workflow(nodes), true],
  ['one with few', workflow({ a: { id: 'a' } }), false],
  ['one with none', workflow({}), false],
  ['a list of both', { metadata: { resourceVersion: '1' }, items: [workflow({}), workflow(nodes)] }, true],
  ['an empty list', { metadata: {}, items: [] }, false],
  ['items and status that are no workflows', { items: null, status: 'ok', nodes: 3 }, false],
  ['nothing', {}, false],
])('%s is the same text in pieces as in one', (_, answer, large) => {
  expect([...jsonPieces(answer)].join('')).toBe(JSON.stringify(answer))
  expect(isLarge(answer)).toBe(large)
})

it('a large answer comes whole, as JSON', async () => {
  const app = express()
  let isWritten = false
  app.get('/large', async (_request, response) => {
    await sendJson(response.status(200), workflow(nodes))
    isWritten = true
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  close = () => void server.close()
  await new Promise((resolve) => server.once('listening', resolve))
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/large`)
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(await response.text()).toBe(JSON.stringify(workflow(nodes)))
  await expect.poll(() => isWritten).toBe(true)
})
