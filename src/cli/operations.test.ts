/** The verbs as a user types them, against a daemon whose containers are simulated. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startDaemon } from '../main.ts'
import type { Daemon } from '../main.ts'
import { systemClock, systemRandom } from '../main/system.ts'
import type { PodRequest } from '../resources/index.ts'
import { SimulatedEngine, SimulatedRuntime } from '../runtime/simulated/index.ts'
import type { ContainerScript } from '../runtime/simulated/index.ts'
import { programOf } from './main.ts'

let base = ''
let daemon: Daemon
const engine = new SimulatedEngine({ clock: systemClock, random: systemRandom, behaviour: scriptOf })

/** What a container does stands in its first argument, as JSON. */
function scriptOf(pod: PodRequest) {
  const read = (text = '{}') => JSON.parse(text) as ContainerScript
  return { containers: Object.fromEntries(pod.containers.map(({ name, args }) => [name, read(args?.[0])])) }
}
const start = () =>
  startDaemon({
    sources: {
      environment: {},
      base,
      flags: {
        data: 'data',
        folders: ['drop'],
        server: { port: 0 },
        metrics: { enabled: false },
        log: { level: 'silent' },
      } as never,
    },
    runtime: () => new SimulatedRuntime(engine),
  })

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cli-operations-'))
  daemon = await start()
})
afterAll(async () => {
  await daemon.drain()
  await rm(base, { recursive: true, force: true })
})

/** What a verb prints, errors included. */
async function drydock(...words: readonly string[]): Promise<string> {
  let output = ''
  const writing = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      output += String(chunk)
      return true
    }),
  )
  try {
    const argv = ['-s', daemon.apiUrl, '--no-color', ...words]
    await (await programOf(argv)).parseAsync(argv, { from: 'user' })
  } catch (error) {
    output += `Error: ${error instanceof Error ? error.message : String(error)}\n`
  } finally {
    for (const spy of writing) spy.mockRestore()
    process.exitCode = undefined
  }
  return output
}
async function manifest(name: string, text: string): Promise<string> {
  const file = join(base, `${name}.yaml`)
  await writeFile(file, text)
  return file
}
const command = (script: ContainerScript) => `{ image: busybox, command: [sim], args: ['${JSON.stringify(script)}'] }`
const workflow = (name: string, main: string, others = '', more = '') =>
  manifest(
    name,
    `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: ${name}, labels: { team: a } }\nspec:\n  entrypoint: main\n${more}  templates:\n  - name: main\n${main}\n${others}`,
  )
const failing = (name: string) =>
  workflow(
    name,
    '    steps: [[{ name: good, template: good }], [{ name: bad, template: bad }]]',
    `  - { name: good, container: ${command({})} }\n  - { name: bad, container: ${command({ exitCode: 1 })} }`,
  )

it('says what a retry or a resubmission would run again', async () => {
  await drydock('submit', await failing('again'), '--wait')
  const retry = await drydock('retry', 'again', '--dry-run')
  expect(retry).toMatch(/^workflow again retried \(dry-run\)\n +NODE +TYPE +PHASE +WOULD +NODENAME\n/)
  expect(retry).toMatch(/ bad +Pod +Failed +run again +again\[1\]\.bad\n/)
  expect(retry).not.toMatch(/ good /)
  expect(
    await drydock('retry', 'again', '--dry-run', '--restart-successful', '--node-field-selector', 'displayName=good'),
  ).toMatch(/ good +Pod +Succeeded +run again/)
  expect(await drydock('resubmit', 'again', '--memoized', '--dry-run')).toMatch(/ good +Pod +Succeeded +be kept/)
  expect(JSON.parse(await drydock('retry', 'again', '--dry-run', '-o', 'json'))).toMatchObject({ operation: 'retry' })
  expect(await drydock('list', '-o', 'name')).toBe('again\n')
  expect(await drydock('get', 'again')).toMatch(/Status: +Failed/)
})

it('says what stop, resume and node set would do to suspended nodes', async () => {
  const file = await workflow(
    'ask',
    '    inputs: { parameters: [{ name: ok, default: "NO" }] }\n    suspend: {}\n    outputs: { parameters: [{ name: ok, valueFrom: { supplied: {} } }] }',
  )
  await drydock('submit', file)
  await expect.poll(() => drydock('get', 'ask')).toMatch(/ǁ ask/)
  expect(await drydock('stop', 'ask', '--dry-run')).toMatch(
    /^workflow ask stopped \(dry-run\)\n +spec.shutdown: unset → "Stop"\n/,
  )
  const set = ['node', 'set', 'ask', '--node-field-selector', 'displayName=ask', '-p', 'ok=YES']
  expect(await drydock(...set, '--dry-run')).toMatch(/be changed \(ok=YES\)/)
  expect(await drydock('resume', 'ask', '--dry-run')).toMatch(/become Succeeded \(ok=NO\)/)
  expect(await drydock('get', 'ask')).toMatch(/Status: +Running/)
  await drydock(...set)
  await drydock('resume', 'ask')
  expect(await drydock('wait', 'ask')).toMatch(/ask Succeeded/)
  expect(await drydock('stop', 'ask', '--dry-run')).toMatch(/^Error: cannot shutdown a completed workflow/)
})

it('applies and patches what may change, and refuses the rest', async () => {
  const first = await workflow('edited', '    suspend: {}')
  expect(await drydock('apply', first)).toBe('workflow edited created\n')
  const second = await workflow('edited', '    suspend: {}', '', '  priority: 7\n')
  expect(await drydock('apply', second)).toBe('workflow edited configured\n')
  expect(await drydock('get', 'edited', '-o', 'json')).toMatch(/"priority": 7/)
  const third = await workflow('edited', '    suspend: { duration: "1" }')
  expect(await drydock('apply', third)).toMatch(/^Error: spec.templates may not change/)
  expect(await drydock('patch', 'edited', '-p', '{metadata: {labels: {team: null, other: b}}}')).toBe(
    'workflow edited patched\n',
  )
  expect(await drydock('list', '-l', 'other=b,!team', '-o', 'name')).toBe('edited\n')
  await drydock('patch', 'edited', '-p', '[{op: add, path: /spec/shutdown, value: Terminate}]')
  expect(await drydock('wait', 'edited')).toMatch(/edited Failed/)
})

it('shows caches and forgets entries', async () => {
  const memoized = (name: string) =>
    workflow(
      name,
      `    memoize: { key: k1, maxAge: 1h, cache: { configMap: { name: results } } }\n    container: ${command({})}`,
    )
  await drydock('submit', await memoized('memo-a'), '--wait')
  await expect.poll(() => drydock('cache', 'list')).toMatch(/^NAME +ENTRIES +LAST HIT\nresults +1 +\d{4}-/)
  await drydock('submit', await memoized('memo-b'), '--wait')
  expect(await drydock('get', 'memo-b', '-o', 'json')).toMatch(/"hit": true/)
  expect(await drydock('cache', 'show', 'results')).toMatch(/\nk1 +memo-a +/)
  expect(await drydock('cache', 'delete', 'results', 'k2')).toMatch(/^Error: cache results has no entry k2/)
  await drydock('cache', 'delete', 'results', 'k1')
  await drydock('submit', await memoized('memo-c'), '--wait')
  expect(await drydock('get', 'memo-c', '-o', 'json')).toMatch(/"hit": false/)
  await drydock('cache', 'delete', 'results', '--all')
  expect(await drydock('cache', 'list')).toBe('No caches found\n')
})

it('copies artifacts into a folder', async () => {
  const outputs = 'outputs: { artifacts: [{ name: report, path: /out.txt, archive: { none: {} } }] }'
  const files = { files: { '/out.txt': 'the report' } } as ContainerScript
  await drydock('submit', await workflow('files', `    ${outputs}\n    container: ${command(files)}`), '--wait')
  const said = await drydock('cp', 'files', join(base, 'copied'), '--path', '{workflowName}/{artifactName}')
  const [, file = ''] = /^Created "(.*)"\n$/.exec(said) ?? []
  expect(file).toContain(join('copied', 'files', 'report'))
  expect(await readFile(file, 'utf8')).toBe('the report')
  expect(await drydock('cp', 'files', base, '--artifact-name', 'none')).toMatch(/^Error: workflow files has no such/)
  expect(await drydock('cp', 'files', join(base, 'copied'), '--path', '../..')).toMatch(/^Error: .* is not inside/)
})

it('lists, shows, runs again and deletes what has ended', async () => {
  await drydock('submit', await failing('over'), '--wait')
  expect(await drydock('archive', 'list')).toMatch(/^NAMESPACE +NAME .* UID\n(.*\n)*default +over +Failed .*-.*-/)
  expect(await drydock('archive', 'get', 'over')).toMatch(/Status: +Failed/)
  expect(await drydock('archive', 'list-label-keys')).toContain('workflows.argoproj.io/phase\n')
  expect(await drydock('archive', 'list-label-values', '-l', 'workflows.argoproj.io/phase')).toContain('Failed\n')
  expect(await drydock('archive', 'resubmit', 'over', '-o', 'name')).toMatch(/^over-\w{5}\n$/)
  expect(await drydock('archive', 'retry', 'over', '-w')).toMatch(/over Failed at/)
  await expect.poll(() => drydock('archive', 'get', 'over')).toMatch(/Status: +Failed/)
  expect(await drydock('archive', 'delete', 'over')).toBe("Archived workflow 'over' deleted\n")
  expect(await drydock('archive', 'get', 'over')).toMatch(/^Error: no finished workflow is named over/)
})

it('lists the files that are refused, with what is wrong in them', async () => {
  await writeFile(
    join(base, 'drop', 'bad.yaml'),
    'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: { name: b }\nspec: { entripoint: x }\n',
  )
  await expect
    .poll(() => drydock('list', '--refused'))
    .toMatch(/^FILE +STATE +WHY\n.*drop\/bad.yaml +Refused .*entripoint/)
  await rm(join(base, 'drop', 'bad.yaml'))
  await expect.poll(() => drydock('list', '--refused')).toBe('No refused files found\n')
})

it('backfills a cron workflow once, whoever is killed in between and however often it is asked', async () => {
  const cron = await manifest(
    'tick',
    `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: { name: tick }
spec:
  schedules: ["0 * * * *"]
  timezone: UTC
  suspend: true
  workflowSpec:
    entrypoint: main
    templates:
    - name: main
      container: { image: "{{workflow.name}}", command: [sim], args: ['{"durationMs": 30}'] }
`,
  )
  await drydock('cron', 'create', cron)
  const range = ['--start', '2026-01-01T00:00:00Z', '--end', '2026-01-01T03:00:00Z']
  const asked = await drydock('cron', 'backfill', 'tick', ...range)
  const monitor = 'backfill-wf-tick-1767225600-1767236400'
  expect(asked).toBe(`CronWorkflow 'tick': 4 scheduled times\nworkflow ${monitor} created\n`)
  await daemon.drain()
  daemon = await start()
  expect(await drydock('cron', 'backfill', 'tick', ...range, '--wait')).toMatch(
    new RegExp(`workflow ${monitor} is there already\n${monitor} Succeeded at`),
  )
  // An overlapping range makes only what is not there yet.
  await drydock('cron', 'backfill', 'tick', ...range.slice(0, 3), '2026-01-01T04:00:00Z', '--wait')
  const { items } = await daemon.controller.listWorkflows({ labelSelector: 'workflows.argoproj.io/backfill=tick' })
  const children = items.filter(
    ({ metadata }) => metadata.name !== undefined && !metadata.name.startsWith('backfill-wf'),
  )
  expect(children.map(({ metadata }) => metadata.name).toSorted()).toEqual(
    [0, 1, 2, 3, 4].map((hour) => `tick-backfill-${1767225600 + hour * 3600}`),
  )
  const first = children.find(({ metadata }) => metadata.name === 'tick-backfill-1767225600')
  expect(first?.spec.arguments?.parameters).toEqual([
    { name: 'cronScheduleTime', value: 'Thu, 01 Jan 2026 00:00:00 UTC' },
  ])
  // Tags of the cron workflow are the child's, not the monitor's.
  expect(first?.spec.templates?.[0]?.container?.image).toBe('{{workflow.name}}')
  expect(first?.metadata.annotations?.['workflows.argoproj.io/scheduled-time']).toBe('2026-01-01T00:00:00Z')
  const startedAt = children.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  const ends = startedAt.map(({ status }) => status?.finishedAt ?? '')
  expect(ends).toEqual(ends.toSorted())
  expect(await drydock('cron', 'backfill', 'tick', '--start', 'x', '--end', 'y')).toMatch(
    /^Error: cannot read the time x/,
  )
})

it('tells what was decided about a workflow, and why it stands where it stands', async () => {
  const file = await workflow(
    'why',
    '    dag: { tasks: [{ name: bad, template: bad }, { name: after, template: bad, depends: bad.Succeeded }] }',
    `  - { name: bad, container: ${command({ exitCode: 5, stdout: 'no such table\n' })} }`,
  )
  await drydock('submit', file, '--wait')
  const history = await drydock('history', 'why')
  expect(history).toMatch(/^ +0 {2}20\S+Z {2}looked at → workflow Running; why Running; bad Pending → runPod bad\n/)
  expect(history).toMatch(/podFinished bad \(main 5\) → .*bad Failed \(main: Error \(exit code 5\)\)/)
  expect(JSON.parse(await drydock('history', 'why', '-o', 'json'))).toMatchObject({ workflow: 'why', missing: 0 })
  const whole = await drydock('explain', 'why')
  expect(whole).toMatch(/^why failed/)
  expect(whole).toContain('What failed first: bad: main: Error (exit code 5).')
  expect(whole).toContain('Last lines of its log:\n  no such table\n')
  expect(await drydock('explain', 'why', 'after')).toContain(
    'after was omitted: it depends on “bad.Succeeded”, which is false: bad is Failed.\n',
  )
  expect(JSON.parse(await drydock('explain', 'why', 'bad', '-o', 'json'))).toMatchObject({
    node: { displayName: 'bad', phase: 'Failed' },
    log: ['no such table'],
  })
  expect(await drydock('explain', 'why', 'nobody')).toMatch(/Error: .*"nobody" not found/)
  expect(await drydock('history', 'nobody')).toMatch(/Error: .*"nobody" not found/)
  await drydock('delete', 'why')
})
