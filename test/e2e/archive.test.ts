/** The archive and revisions of templates as a user meets them: REST and command line against a daemon on SQLite. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Workflow } from '../../src/resources/index.ts'
import { KillableDaemon } from '../kill/daemon.ts'
import { sweep } from '../kill/engine.ts'

const program = join(import.meta.dirname, '..', '..', 'bin', 'drydock.js')
const archived = '/api/v1/archived-workflows'
let daemon: KillableDaemon
let url = ''

beforeAll(async () => {
  daemon = await KillableDaemon.inScratch({ DRYDOCK_ARCHIVE_ENABLED: 'true', DRYDOCK_ARCHIVE_HOT_NEWEST: '3' })
  await mkdir(daemon.folder, { recursive: true })
  daemon.spawn()
  url = await daemon.url
}, 120_000)
afterAll(async () => {
  const instance = await daemon.instance()
  await daemon.kill()
  await sweep(instance)
  await daemon.clear()
})

async function drydock(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const server = url.replace('http://', '')
  const child = spawn(process.execPath, [program, '-s', server, ...words], { cwd: daemon.root })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
async function call<T>(
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly json: T }> {
  const answer = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: answer.status, json: (await answer.json()) as T }
}
type List = { readonly items: readonly Workflow[]; readonly metadata: { readonly continue?: string } }
const namesOf = ({ items }: List) => items.map(({ metadata }) => metadata.name)

const manifest = (name: string, command: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: {
    entrypoint: 'main',
    archiveLogs: true,
    templates: [
      {
        name: 'main',
        container: { image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', command] },
      },
    ],
  },
})
async function run(name: string, command: string, labels: Record<string, string> = {}): Promise<Workflow> {
  await call('POST', '/api/v1/workflows/default', { workflow: manifest(name, command, labels) })
  const ended = async () => (await call<Workflow>('GET', `/api/v1/workflows/default/${name}`)).json
  await expect.poll(async () => (await ended()).status?.finishedAt ?? null).not.toBeNull()
  return ended()
}
/** What stands in which table, read past the daemon. */
function tables(): { readonly hot: number; readonly archived: number; readonly doubled: number } {
  const db = new DatabaseSync(join(daemon.dataDir, 'drydock.db'), { readOnly: true })
  const count = (sql: string) => Number(db.prepare(sql).get()?.['n'])
  const found = {
    hot: count('SELECT count(*) AS n FROM workflow'),
    archived: count('SELECT count(*) AS n FROM archive'),
    doubled: count('SELECT count(*) AS n FROM archive a JOIN workflow w ON w.uid = a.uid'),
  }
  db.close()
  return found
}

it('keeps what was deleted, finds it by its labels, shows its log, and lets it be resubmitted and retried', async () => {
  const failed = await run('breaks', 'echo before the fall; exit 3', { team: 'blue' })
  await run('works', 'echo fine', { team: 'green' })
  expect(failed.metadata.labels?.['workflows.argoproj.io/workflow-archiving-status']).toBe('Archived')
  expect((await drydock('delete', 'breaks')).code).toBe(0)
  const kept = await call<Workflow>('GET', '/api/v1/workflows/default/breaks')
  expect(kept.json.metadata.labels?.['workflows.argoproj.io/workflow-archiving-status']).toBe('Persisted')
  expect(kept.json.status?.nodes?.['breaks']?.outputs?.exitCode).toBe('3')
  expect(namesOf((await call<List>('GET', '/api/v1/workflows/default')).json).sort()).toEqual(['breaks', 'works'])
  const blue = await call<List>('GET', `${archived}?listOptions.labelSelector=team%20in%20(blue,red)`)
  expect(namesOf(blue.json)).toEqual(['breaks'])
  expect(blue.json.items[0]?.spec).toEqual({ arguments: {} })
  const values = await call('GET', `${archived}-label-values?listOptions.labelSelector=team`)
  expect(values.json).toEqual({ items: ['blue', 'green'] })
  expect((await drydock('archive', 'list-label-keys')).output.split('\n')).toContain('team')
  expect((await drydock('archive', 'list', '-l', 'team=blue')).output).toContain('breaks')
  expect((await drydock('logs', 'breaks')).output).toContain('before the fall')
  expect((await drydock('archive', 'get', failed.metadata.uid ?? '')).output).toMatch(/Status: +Failed/)

  const again = await drydock('archive', 'resubmit', 'breaks', '-o', 'name')
  expect(again.output).toMatch(/breaks-/)
  const back = await drydock('archive', 'retry', failed.metadata.uid ?? '')
  expect(back.code).toBe(0)
  const retried = async () => (await call<Workflow>('GET', '/api/v1/workflows/default/breaks')).json
  await expect.poll(async () => (await retried()).status?.phase).toBe('Failed')
  expect((await retried()).metadata.uid).toBe(failed.metadata.uid)

  await call('DELETE', '/api/v1/workflows/default/breaks')
  await run('breaks', 'true')
  const taken = await call<{ code: number; message: string }>(
    'PUT',
    `${archived}/${failed.metadata.uid ?? ''}/retry`,
    {},
  )
  expect(taken).toMatchObject({
    status: 409,
    json: { code: 6, message: 'Workflow already exists on cluster, use argo retry {name} instead' },
  })
  expect((await drydock('archive', 'delete', failed.metadata.uid ?? '')).code).toBe(0)
  const gone = await call('DELETE', `${archived}/${failed.metadata.uid ?? ''}`)
  expect(gone).toMatchObject({ status: 404, json: { message: 'not found' } })
}, 180_000)

it('takes finished workflows out of the hot tables, and shows them in pages with the others, also after it was killed', async () => {
  for (let i = 0; i < 5; i++) await run(`row-${i}`, 'true', { row: String(i) })
  await daemon.kill()
  daemon.spawn()
  url = await daemon.url
  await expect.poll(() => tables().hot).toBe(3)
  expect(tables().doubled).toBe(0)
  const seen: (string | undefined)[] = []
  let token = ''
  do {
    const query = `listOptions.limit=2&listOptions.labelSelector=row${token === '' ? '' : `&listOptions.continue=${token}`}`
    const page = await call<List>('GET', `/api/v1/workflows/default?${query}`)
    seen.push(...namesOf(page.json))
    token = page.json.metadata.continue ?? ''
  } while (token !== '')
  expect(seen.toSorted()).toEqual(['row-0', 'row-1', 'row-2', 'row-3', 'row-4'])
  expect((await drydock('get', 'row-0')).output).toMatch(/Status: +Succeeded/)
  expect((await drydock('delete', 'row-0')).code).toBe(0)
  expect((await call('DELETE', '/api/v1/workflows/default/row-0')).status).toBe(404)
  expect((await drydock('get', 'row-0')).output).toMatch(/Status: +Succeeded/)
}, 180_000)

it('tells which revision of a template a run went by, and shows what it was', async () => {
  const template = (text: string) => `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: library }
spec:
  entrypoint: main
  templates:
  - name: main
    container: { image: busybox, imagePullPolicy: IfNotPresent, command: [echo, ${text}] }
`
  const file = join(daemon.root, 'library.yaml')
  await writeFile(file, template('one'))
  expect((await drydock('template', 'create', file)).code).toBe(0)
  const submitted = await drydock('submit', '--from', 'workflowtemplate/library', '--name', 'by-library', '--wait')
  expect(submitted.code).toBe(0)
  await writeFile(file, template('two'))
  expect((await drydock('template', 'update', file)).code).toBe(0)
  expect((await drydock('template', 'revisions', 'library')).output).toMatch(
    /^REVISION .*\n2 +[0-9a-f]{12} .*yes +0\n1 +[0-9a-f]{12} .* 1\n$/,
  )
  expect((await drydock('template', 'revisions', 'library', '1')).output).toContain('- one')
  expect((await drydock('explain', 'by-library')).output).toContain('revision 1 of WorkflowTemplate library')
  const missing = await call('GET', '/api/v1/workflow-templates/default/library/revisions/9')
  expect(missing.status).toBe(404)
}, 120_000)
