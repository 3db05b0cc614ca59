import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { podName } from '../expressions/node-ids.ts'
import type { Harness } from './testing/harness.ts'
import { call, startServer } from './testing/harness.ts'

let server: Harness
beforeEach(async () => {
  server = await startServer({ baseHref: '/x' })
})
afterEach(() => server.close())

it('answers every other path with the page, which finds its files below the base path', async () => {
  for (const path of ['/', '/workflows/', '/workflows/default/app.js', '/x/workflows/default/w']) {
    const page = await call(server.url + path)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).toContain('<base href="/x/" />')
  }
  for (const path of ['/app.js', '/x/app.js'])
    expect((await call(server.url + path)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
})

it('cannot be framed and runs no script that is not its own file', async () => {
  const { headers, text } = await call(`${server.url}/`)
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; style-src 'self' 'unsafe-inline'/)
  expect(text).not.toMatch(/<script(?![^>]*src=)|\son\w+=/)
})

it('sends headers for other origins only where the configuration has one', async () => {
  expect((await call(`${server.url}/`)).headers.get('access-control-allow-origin')).toBeNull()
  await server.close()
  server = await startServer({ accessControlAllowOrigin: 'https://friend.example' })
  const options = await call(`${server.url}/`, { method: 'OPTIONS' })
  expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([204, 'https://friend.example'])
})

type TreeModule = {
  podOf(workflow: object, node: object): string
  treeRows(workflow: object): { node: { id: string }; depth: number }[]
}
const tree = (await import(pathToFileURL(join(import.meta.dirname, 'static', 'tree.js')).href)) as TreeModule

it('names pods as the server does', () => {
  const workflow = { metadata: { name: 'w' } }
  expect(tree.podOf(workflow, { name: 'w', type: 'Pod', templateName: 'main' })).toBe('w')
  const name = 'w[0].größe(1:x)'
  expect(tree.podOf(workflow, { name, type: 'Pod', templateName: 'say' })).toBe(podName('w', name, 'say'))
  expect(tree.podOf(workflow, { name: 'w.set.one', type: 'Container', templateName: 'set' })).toBe(
    podName('w', 'w.set', 'set'),
  )
})

it('draws nodes under what bounds them, groups left out, the exit handler last', () => {
  const nodes = [
    { id: 'exit', name: 'w.onExit', type: 'Pod', boundaryID: '' },
    { id: 'w', name: 'w', type: 'Steps', children: ['g'] },
    { id: 'g', name: 'w[0]', type: 'StepGroup', boundaryID: 'w', children: ['b', 'r'] },
    { id: 'b', name: 'w[0].b(1:x)', type: 'Pod', boundaryID: 'w', startedAt: '2' },
    { id: 'r', name: 'w[0].r', type: 'Retry', boundaryID: 'w', children: ['r0'], startedAt: '1' },
    { id: 'r0', name: 'w[0].r(0)', type: 'Pod', boundaryID: 'w', startedAt: '1' },
  ]
  const status = { nodes: Object.fromEntries(nodes.map((node) => [node.id, node])) }
  const rows = tree.treeRows({ metadata: { name: 'w' }, status })
  expect(rows.map(({ node, depth }) => `${node.id} ${String(depth)}`)).toEqual(['w 0', 'r 1', 'r0 2', 'b 1', 'exit 0'])
})
