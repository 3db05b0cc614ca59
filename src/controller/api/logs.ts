/** Logs of a workflow's pods as one stream, in the order of their times (rest-api.md §5, "Logs"). */
import { matchesLabelSelector, parseLabelSelector, re2 } from '../../expressions/index.ts'
import type { RE2JS } from 're2js'
import { nodeOf } from '../../engine/index.ts'
import type { NodeId, PodId } from '../../resources/index.ts'
import { instant, rfc3339 } from '../../resources/index.ts'
import type { LogLine, LogOptions } from '../../runtime/port.ts'
import type { NodeRow } from '../../store/port.ts'
import { allUnpacked } from '../archive/pack.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { isPodRecord } from '../open-run.ts'
import type { PodRecord } from '../pod-records.ts'
import type { LogQuery } from '../port.ts'
import { ApiError } from '../port.ts'
import { artifactLogs, keptLogs } from './kept-logs.ts'
import { notFound } from '../refusals.ts'
import { mergeByTime } from './merge-logs.ts'

type Source = {
  readonly pod: PodId
  readonly podName: string
  readonly container: string
  readonly kept: PodRecord['log']
}
export type LogEntry = { readonly podName: string; readonly content: string }

const newPodsLookMs = 1_000

export async function* workflowLogs(
  core: Core,
  namespace: string,
  name: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const show = entryMaker(query)
  const kept = await keptLogs(core, { namespace, name })
  if (kept !== null) {
    for await (const { podName, line } of artifactLogs(core, kept, query)) yield* show({ podName }, line)
    return
  }
  const pods = await podsOf(core, namespace, name)
  const sources = (records: Iterable<PodRecord>) => sourcesOf(records, query)
  const sinceMs =
    query.sinceTime ??
    (query.sinceSeconds === undefined ? undefined : instant(core.clock.now() - query.sinceSeconds * 1000))
  const open = (source: Source, follow: boolean) => {
    const options = {
      follow,
      ...(query.tailLines === undefined ? {} : { tailLines: query.tailLines }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
    }
    const { pod, container, kept } = source
    return { source, lines: kept ? keptLines(kept, options) : core.runtime.logs(pod, container, options, signal) }
  }
  if (query.selector && !selects(query.selector, { name })) return
  const live = core.runs.byName(namespace, name)
  if (query.follow !== true || live === undefined) {
    for await (const { source, line } of mergeByTime(sources(pods).map((source) => open(source, false))))
      yield* show(source, line)
    return
  }
  yield* follow(core, live, { sources, open: (source) => open(source, true), show }, signal)
}

type Following = {
  readonly sources: (records: Iterable<PodRecord>) => Source[]
  readonly open: (source: Source) => { readonly source: Source; readonly lines: AsyncIterable<LogLine> }
  readonly show: (source: Source, line: LogLine) => Iterable<LogEntry>
}

/** Lines as they come, of new pods too, until the workflow has ended and every log with it. */
async function* follow(
  core: Core,
  live: LiveRun,
  { sources, open, show }: Following,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  const queue: LogEntry[] = []
  const reading = new Map<string, Promise<void>>()
  const known = new Set<string>()
  let wake = Promise.withResolvers<void>()
  const begin = () => {
    for (const [node, record] of live.pods)
      for (const source of sources([record])) {
        const key = `${source.pod}/${source.container}`
        if (known.has(key)) continue
        known.add(key)
        // Its containers may not be made yet: then the log is empty, and is opened again at the next change.
        let mayBeEarly = isPending(live, node)
        const read = async () => {
          for await (const line of open(source).lines) {
            mayBeEarly = false
            queue.push(...show(source, line))
            wake.resolve()
          }
        }
        const ended = () => {
          reading.delete(key)
          if (mayBeEarly) known.delete(key)
          if (!mayBeEarly || !isPending(live, node)) wake.resolve()
        }
        reading.set(key, read().then(ended, ended))
      }
  }
  const watching = core.hub.watch(null, (event) => {
    if (event.kind === 'Workflow' && event.name === live.name && event.namespace === live.namespace) wake.resolve()
  })
  try {
    while (!signal.aborted) {
      begin()
      yield* queue.splice(0)
      const isOver = core.runs.byUid(live.uid) === undefined && reading.size === 0
      if (isOver && queue.length === 0) return
      const pausing = new AbortController()
      const pause = core.clock.sleep(newPodsLookMs, AbortSignal.any([signal, pausing.signal])).catch(() => {})
      await Promise.race([wake.promise, pause])
      pausing.abort()
      wake = Promise.withResolvers<void>()
    }
  } finally {
    watching.close()
  }
}

const isPending = (live: LiveRun, node: NodeId): boolean => {
  const phase = nodeOf(live.run, node)?.phase ?? ''
  return phase === '' || phase === 'Pending'
}

async function podsOf(core: Core, namespace: string, name: string): Promise<readonly PodRecord[]> {
  const live = core.runs.byName(namespace, name)
  if (live !== undefined) return [...live.pods.values()]
  const row = await core.store.workflow(namespace, name)
  const stored = row === null ? await archivedNodes(core, namespace, name) : await core.store.nodes(row.uid)
  return stored.flatMap(({ internal }) => (isPodRecord(internal) ? [internal] : []))
}

/** Of one that has left the hot tables; its logs lie where they lay. */
async function archivedNodes({ store }: Core, namespace: string, name: string): Promise<readonly NodeRow[]> {
  const row = await store.archive.named(namespace, name, { deleted: false })
  if (row === null) throw notFound('Workflow', name)
  return allUnpacked(store, row)
}

/** `main` where no container is named; of a pod that has none, every one of its containers. */
function sourcesOf(records: Iterable<PodRecord>, query: LogQuery): Source[] {
  return [...records].flatMap(({ pod, podName, containers, log: kept }) => {
    if (query.podName && query.podName !== podName) return []
    const wanted = query.container || 'main'
    const names = containers.includes(wanted) ? [wanted] : wanted === 'main' && !query.container ? containers : []
    return names.map((container) => ({ pod, podName, container, kept }))
  })
}

/** A log that no container printed. */
async function* keptLines(
  { at, lines }: NonNullable<PodRecord['log']>,
  { tailLines, sinceMs }: LogOptions,
): AsyncGenerator<LogLine> {
  if (sinceMs !== undefined && at < sinceMs) return
  const stamp = rfc3339(at).replace('Z', '.000000000Z')
  const wanted = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines))
  for (const text of wanted) yield { at, stamp, stream: 'stderr', text }
}

function selects(selector: string, workflow: { readonly name: string }): boolean {
  const parsed = parseLabelSelector(selector)
  if (!parsed.ok) throw new ApiError('INVALID_ARGUMENT', parsed.error)
  return matchesLabelSelector(parsed.value, { 'workflows.argoproj.io/workflow': workflow.name })
}

function entryMaker(query: LogQuery): (source: Pick<Source, 'podName'>, line: LogLine) => LogEntry[] {
  let pattern: RE2JS | null = null
  try {
    pattern = query.grep ? re2().RE2JS.compile(query.grep) : null
  } catch (error) {
    throw new ApiError('INTERNAL', error instanceof Error ? error.message : String(error))
  }
  return ({ podName }, line) => {
    const content = query.timestamps === true ? `${line.stamp} ${line.text}` : line.text
    return pattern !== null && !pattern.matcher(content).find() ? [] : [{ podName, content }]
  }
}
