/** `npm run demo`: an engine, a daemon on a scratch folder, three manifests dropped in, and what came of them. */
import { createServer } from 'node:net'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LiveText } from '../src/cli/live-text.ts'
import { tableText } from '../src/cli/view/table.ts'
import { treeRows } from '../src/cli/view/tree.ts'
import { statusWord } from '../src/cli/view/workflow-text.ts'
import { startDaemon } from '../src/main.ts'
import type { Daemon } from '../src/main.ts'
import type { Workflow } from '../src/resources/index.ts'
import { ensureBusybox, ensureEngine } from '../src/runtime/docker/index.ts'

type Expectation = { readonly file: string; readonly output: string; readonly value: string }
const manifests: readonly Expectation[] = [
  { file: 'dag-artifacts.yaml', output: 'report', value: '3 lines, 6 words' },
  { file: 'loop-retries.yaml', output: 'sum', value: '30' },
  { file: 'approval.yaml', output: 'said', value: 'released by the demo' },
]
const patienceMs = 180_000
const examples = join(import.meta.dirname, '..', 'examples')
const say = (line: string) => void process.stdout.write(`${line}\n`)

async function demo(keep: boolean): Promise<number> {
  const engine = await ensureEngine(say)
  if (!engine.ok) return refuse(engine.message)
  const missing = await ensureBusybox(engine.address, say)
  if (missing !== null) return refuse(missing)

  const scratch = await mkdtemp(join(tmpdir(), 'drydock-demo-'))
  const folder = join(scratch, 'manifests')
  await mkdir(folder)
  const daemon = await startDaemon({
    sources: {
      base: scratch,
      flags: {
        data: join(scratch, 'data'),
        folders: [folder],
        instance: `demo-${process.pid}`,
        server: { port: await portOr(2746) },
        metrics: { port: await portOr(9090) },
        log: { level: 'warn' },
      },
    },
  })
  try {
    say(`\nThe daemon watches ${folder}; dropping ${manifests.map(({ file }) => file).join(', ')} into it.\n`)
    for (const { file } of manifests) await copyFile(join(examples, file), join(folder, file))
    const ended = await followAll(daemon)
    const failures = await results(daemon, ended)
    say(
      `\nAPI      ${daemon.apiUrl}/api/v1/workflows/default\nMetrics  ${daemon.metricsUrl}\nStatus   ${join(folder, '.status')}`,
    )
    if (keep) await untilInterrupted(daemon, folder)
    say(
      failures === 0
        ? '\nAll three ended as they should.'
        : `\n${failures} of ${manifests.length} did not end as they should.`,
    )
    return failures === 0 ? 0 : 1
  } finally {
    for (const { metadata } of (await daemon.controller.listWorkflows({})).items)
      await daemon.controller
        .deleteWorkflow(metadata.namespace ?? '', metadata.name ?? '', { force: true })
        .catch(() => undefined)
    await daemon.drain()
    await rm(scratch, { recursive: true, force: true })
  }
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`)
  return 1
}

/** The port, or any free one where it is taken. */
async function portOr(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(0))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)))
  })
}

/** Draws the three trees until all have ended, and answers the approval on the way. */
async function followAll(daemon: Daemon): Promise<readonly Workflow[]> {
  const live = new LiveText(process.stdout)
  const told = new Map<string, string>()
  const until = Date.now() + patienceMs
  for (;;) {
    const workflows = await newest(daemon)
    live.show(workflows.map((workflow) => treeText(workflow)).join('\n'))
    if (!process.stdout.isTTY) sayChanges(workflows, told)
    const isOver = workflows.length === manifests.length && workflows.every(isEnded)
    if (isOver || Date.now() > until) {
      live.done()
      return workflows
    }
    for (const workflow of workflows) if (asksForApproval(workflow)) await approve(daemon, workflow)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function treeText(workflow: Workflow): string {
  const style = { colour: process.stdout.isTTY, utf8: true }
  const { metadata, status } = workflow
  const title = `${metadata.name ?? ''}  ${statusWord(workflow)}  ${status?.progress ?? ''}`
  return `${title}\n${tableText(treeRows(workflow, { style, nowMs: Date.now() }))}`
}

/** Where nothing can be drawn over again, a line for each change. */
function sayChanges(workflows: readonly Workflow[], told: Map<string, string>): void {
  for (const workflow of workflows) {
    const name = workflow.metadata.name ?? ''
    const line = `${name}  ${statusWord(workflow)}  ${workflow.status?.progress ?? ''}`
    if (told.get(name) !== line) say(`  ${line}`)
    told.set(name, line)
  }
}

async function newest({ controller }: Daemon): Promise<readonly Workflow[]> {
  const { items } = await controller.listWorkflows({ nodes: true })
  return items.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
}

const isEnded = ({ status }: Workflow): boolean => ['Succeeded', 'Failed', 'Error'].includes(status?.phase ?? '')

const asksForApproval = ({ status }: Workflow): boolean =>
  Object.values(status?.nodes ?? {}).some(({ type, phase }) => type === 'Suspend' && phase === 'Running')

/** What `drydock node set` and `drydock resume` do. */
async function approve({ controller }: Daemon, { metadata }: Workflow): Promise<void> {
  const [namespace, name] = [metadata.namespace ?? '', metadata.name ?? '']
  const nodeFieldSelector = 'displayName=approve'
  await controller.operate(namespace, name, { kind: 'set', nodeFieldSelector, outputParameters: { by: 'the demo' } })
  await controller.operate(namespace, name, { kind: 'resume', nodeFieldSelector })
}

/** Prints each result; answers how many are not as they should be. */
async function results({ sources }: Daemon, workflows: readonly Workflow[]): Promise<number> {
  let failures = 0
  say('\nResults')
  for (const { file, output, value } of manifests) {
    const status = await sources[0]?.status(file)
    const name = status?.objects[0]?.name
    const workflow = workflows.find(({ metadata }) => metadata.name === name)
    const got = workflow?.status?.outputs?.parameters?.find((parameter) => parameter.name === output)?.value
    const isRight = workflow?.status?.phase === 'Succeeded' && got === value
    if (!isRight) failures += 1
    const { phase = 'not there', message = '' } = workflow?.status ?? {}
    say(
      `  ${isRight ? '✔' : '✖'} ${file.padEnd(20)} ${phase}  ${output} = ${String(got ?? '')} ${isRight ? '' : `(expected ${value}) ${message}`}`,
    )
  }
  return failures
}

async function untilInterrupted(daemon: Daemon, folder: string): Promise<void> {
  say(`\nIt stays up. Drop manifests into ${folder}, or try:`)
  say(
    `  npx drydock -s ${daemon.apiUrl} list\n  npx drydock -s ${daemon.apiUrl} submit examples/hello.yaml --watch\nCtrl-C ends it.`,
  )
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

process.exit(await demo(process.argv.includes('--keep')))
